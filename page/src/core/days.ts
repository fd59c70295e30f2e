// Wall times as ISO days.

const LAST = "9999-12-31";

/** The ISO day (UTC) of a wall time in Unix seconds; beyond the calendar, its last day. */
export function day(wall: number): string {
  const date = new Date(wall * 1000);
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999) return LAST;
  return date.toISOString().slice(0, 10);
}

/** Whether `text` is a day that the calendar has, from the year 1 on. */
export function isDay(text: string): boolean {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) || text.startsWith("0000")) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 10) === text;
}
