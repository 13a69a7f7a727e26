// Light, dark, or what the system says; kept over restarts.
export type ThemeChoice = "system" | "light" | "dark";

const KEY = "leeward-theme";

export class Theme {
  choice = $state<ThemeChoice>("system");

  start(): () => void {
    const saved = localStorage.getItem(KEY);
    if (saved === "light" || saved === "dark") this.choice = saved;
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    const apply = () => this.apply(dark.matches);
    dark.addEventListener("change", apply);
    apply();
    return () => dark.removeEventListener("change", apply);
  }

  choose(choice: ThemeChoice): void {
    this.choice = choice;
    localStorage.setItem(KEY, choice);
    this.apply(window.matchMedia("(prefers-color-scheme: dark)").matches);
  }

  private apply(systemIsDark: boolean): void {
    const dark = this.choice === "system" ? systemIsDark : this.choice === "dark";
    document.documentElement.dataset["theme"] = dark ? "dark" : "light";
  }
}
