import { timeNow } from "$lib/conflicts/standing";

/** Follows what was kept here, from the moment it is safe on this computer to the moment it has arrived in Airflow. */
export class Arrival {
  /** When it had arrived, as far as was seen here; null until then. */
  sentAt = $state<string | null>(null);
  /** A screen learns of its own change a moment after it was kept: until then nothing says that it was sent. */
  private wasUnsent = false;

  /** `isUnsent`: whether it still has to be sent, as far as the screen knows. */
  constructor(private readonly isUnsent: () => boolean) {
    $effect(() => {
      if (this.isUnsent()) this.begin(true);
      else if (this.wasUnsent) this.sentAt ??= timeNow();
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
