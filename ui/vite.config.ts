import { sveltekit } from "@sveltejs/kit/vite";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** The platform in memory is for development: a build that reaches it is broken. */
const noMemoryPlatform: Plugin = {
  name: "no-memory-platform",
  apply: "build",
  generateBundle(_options, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== "chunk") continue;
      const found = chunk.moduleIds.find((id) => /platform\/(?:memory|scenes)\.ts/.test(id));
      if (found) this.error(`${found} got into the build`);
    }
  },
};

export default defineConfig({
  plugins: [sveltekit(), noMemoryPlatform],
  // The app's webview is WebKitGTK 2.44 or newer, WebView2, or macOS 13's WebKit.
  build: { target: ["es2022", "safari16"] },
  server: { host: "127.0.0.1", port: 5317, strictPort: false },
  resolve: process.env["VITEST"] ? { conditions: ["browser"] } : {},
  test: {
    include: ["src/**/*.test.ts"],
    environment: "node",
    setupFiles: ["layout", "patience"].map((name) => `src/lib/components/testing/${name}.ts`),
    restoreMocks: true,
    // For what hangs; a busy machine needs several times the usual time.
    testTimeout: 60_000,
  },
});
