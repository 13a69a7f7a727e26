// What screens show of the app's cache: read when the first of them shows it, read again when it has changed, and let be
// while none does.
import { createSubscriber } from "svelte/reactivity";

export class Query<T> {
  /** Null until it was read; what was shown last, while it is read again. */
  private last = $state.raw<T | null>(null);
  private isShown = false;
  /** Not what the cache holds, for the last reading failed. */
  private isMissed = false;
  private reading: Promise<void> | null = null;
  private readOnceMore = false;

  private readonly show = createSubscriber(() => {
    this.isShown = true;
    void this.readAgain();
    return () => (this.isShown = false);
  });

  constructor(private readonly read: () => Promise<T>) {}

  /** Whoever takes it in an effect, as everything that is drawn is, shows it for as long as that lives. */
  get now(): T | null {
    this.show();
    return this.last;
  }

  /** The cache holds something else. */
  changed(): void {
    if (this.isShown) void this.readAgain();
  }

  /** What could not be read may be readable now. */
  retry(): void {
    if (this.isMissed) this.changed();
  }

  /**
   * Resolves when a reading that began after the call is over. Where one runs now, it is asked once more after that, however
   * often it is called meanwhile: what runs may have been answered from before the change.
   */
  readAgain(): Promise<void> {
    if (this.reading) this.readOnceMore = true;
    else this.reading = this.readUntilFresh().finally(() => (this.reading = null));
    return this.reading;
  }

  private async readUntilFresh(): Promise<void> {
    do {
      this.readOnceMore = false;
      await this.readOnce();
    } while (this.readOnceMore);
  }

  /** One that fails leaves what is shown as it is. */
  private async readOnce(): Promise<void> {
    try {
      this.last = await this.read();
      this.isMissed = false;
    } catch {
      this.isMissed = true;
    }
  }
}
