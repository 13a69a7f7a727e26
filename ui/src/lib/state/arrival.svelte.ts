import { timeNow } from "$lib/conflicts/standing";

/** Follows what was kept here, from the moment it is safe on this computer to the moment it has arrived in Airflow. */
export class Arrival {
  /** When it had arrived, as far as was seen here; null until then. */
  sentAt = $state<string | null>(null);
  /** A screen learns of its own change a moment after it was kept: until then nothing says that it was sent. */
  private wasUnsent = false;

  /**
   * @param isUnsent whether it still has to be sent, as far as the screen knows.
   * @param hasArrived whether what was kept is known to be in Airflow: where it was fast, no screen ever saw it wait.
   */
  constructor(
    private readonly isUnsent: () => boolean,
    hasArrived: () => boolean,
  ) {
    $effect(() => {
      const isThere = hasArrived();
      if (this.isUnsent()) this.begin(true);
      else if (this.wasUnsent || isThere) this.sentAt ??= timeNow();
    });
  }

  /** Something else was kept. */
  keptAgain(): void {
    this.begin(this.isUnsent());
  }

  private begin(isUnsent: boolean): void {
    this.wasUnsent = isUnsent;
    this.sentAt = null;
  }
}
