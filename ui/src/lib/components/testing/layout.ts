// happy-dom has no layout, and a list draws its rows once it knows its height: here what has no height of its own is
// as high as a small window.

const WINDOW_PX = { width: 960, height: 600 };

class Sizes {
  constructor(private readonly tell: (entries: unknown[]) => void) {}

  observe(target: HTMLElement): void {
    const height = Number.parseFloat(target.style.height) || WINDOW_PX.height;
    queueMicrotask(() => this.tell([{ target, contentRect: { ...WINDOW_PX, height } }]));
  }

  unobserve(): void {}
  disconnect(): void {}
}

if (typeof document !== "undefined" && document.defaultView) {
  Object.assign(document.defaultView, { ResizeObserver: Sizes });
}
