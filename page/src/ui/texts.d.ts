declare module "page:texts" {
  interface Table {
    readonly [key: string]: string | Table;
  }
  const texts: { readonly de: Table; readonly en: Table };
  export default texts;
}
