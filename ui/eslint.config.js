// Lints for TypeScript and Svelte. Type-aware rules are on, because a forgotten `await` loses work.
import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

export default ts.config(
  {
    ignores: [
      "build/",
      ".svelte-kit/",
      "node_modules/",
      "src/lib/bindings.ts",
      "src/lib/platform/commands.ts",
    ],
  },
  js.configs.recommended,
  ...ts.configs.recommendedTypeChecked,
  ...svelte.configs.recommended,
  {
    languageOptions: {
      globals: { ...globals.browser },
      parserOptions: {
        projectService: { allowDefaultProject: ["eslint.config.js", "svelte.config.js"] },
        // The same for every file: where it changes from one to the next, TypeScript reads the whole project again.
        extraFileExtensions: [".svelte"],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      eqeqeq: "error",
      // The app is served from its own root; there is no base path to resolve against.
      "svelte/no-navigation-without-resolve": "off",
      "no-eval": "error",
      "max-lines-per-function": ["error", { max: 70, skipBlankLines: true, skipComments: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-floating-promises": "error",
      // What is thrown between our own parts is a `Problem`: data in words, the same as what a command rejects with.
      "@typescript-eslint/only-throw-error": "off",
      "@typescript-eslint/prefer-promise-reject-errors": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
    },
  },
  {
    // The platform folder is the only door to the app's other half (docs/ARCHITECTURE).
    ignores: ["src/lib/platform/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [{ group: ["@tauri-apps/*"], message: "Use $lib/platform instead." }] },
      ],
    },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: {
      parserOptions: { parser: ts.parser, svelteConfig },
    },
  },
  {
    // The parser does not know the types of a component's props in markup; svelte-check does, and checks them.
    files: ["**/*.svelte"],
    rules: {
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
    },
  },
  {
    // What people press, type into and point at is drawn by one folder, so that it looks and behaves the same.
    files: ["**/*.svelte"],
    ignores: ["src/lib/components/ui/**"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector: "SvelteElement[kind='html'] > SvelteStartTag > SvelteAttribute[key.name='title']",
          message: "No key reaches a title: use data-tip, or data-tip-cut (components/ui/tips.ts).",
        },
        {
          selector: "SvelteAttribute[key.name='class'] > SvelteLiteral[value=/(^|\\s)(btn|input)(\\s|$)/]",
          message: "Use Button or Input of components/ui.",
        },
        {
          selector: "SvelteElement[kind='html'][name.name=/^(input|textarea|select|dialog)$/]",
          message: "Use Input, TextArea, Checkbox, Select or Dialog of components/ui.",
        },
      ],
    },
  },
  {
    files: ["**/*.test.ts"],
    rules: { "max-lines-per-function": "off" },
  },
);
