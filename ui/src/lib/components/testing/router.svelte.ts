// Stands in for SvelteKit's router in tests of whole screens: `goto` sets the address, `page` tells it. A test puts it
// in place of `$app/navigation` and `$app/state`.

const ORIGIN = "http://window";

class Address {
  path = $state("/");

  get url(): URL {
    return new URL(this.path, ORIGIN);
  }
}

export const page = new Address();

export function goto(path: string): Promise<void> {
  page.path = path;
  return Promise.resolve();
}
