// What this window remembers of how it was set up, outside the stores of work: small numbers and words, by name.

/** A number kept under that name, within its bounds; `usual` when there is none. */
export function keptNumber(name: string, usual: number, min: number, max: number): number {
  const text = localStorage.getItem(name);
  const number = text === null ? usual : Number(text);
  return Number.isFinite(number) ? Math.min(max, Math.max(min, number)) : usual;
}

export function keep(name: string, value: number | string): void {
  localStorage.setItem(name, String(value));
}
