import { sveltekit } from "@sveltejs/kit/vite";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [sveltekit()],
  // The app's webview is WebKitGTK 2.44 or newer, WebView2, or macOS 13's WebKit.
  build: { target: ["es2022", "safari16"] },
  server: { host: "127.0.0.1", port: 5317, strictPort: false },
  resolve: process.env["VITEST"] ? { conditions: ["browser"] } : {},
  test: {
    include: ["src/**/*.test.ts"],
    environment: "node",
    restoreMocks: true,
  },
});
