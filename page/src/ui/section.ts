// A part of the page that shows what lies on the table.

export interface Section {
  readonly element: HTMLElement;
  /** Show what has changed; what is being typed stays. */
  readonly update: () => void;
}
