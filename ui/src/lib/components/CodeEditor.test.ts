// @vitest-environment happy-dom
import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, it, vi } from "vitest";
import CodeEditor from "./CodeEditor.svelte";
import { Box } from "./testing/box.svelte";

let open: Record<string, unknown> | undefined;
afterEach(async () => {
  if (open) await unmount(open);
  open = undefined;
});

function editor(text: string) {
  const box = new Box(text);
  const onchange = vi.fn();
  const props = {
    get text() {
      return box.value;
    },
    ...{ json: false, label: "Value", testid: "editor", onchange },
  };
  open = mount(CodeEditor, { target: document.body, props });
  flushSync();
  const shown = () => document.querySelector(".cm-content")?.textContent;
  return { box, onchange, shown };
}

// A side taken in a conflict was recorded as the analyst's own text, because setting the result was heard as typing.
it("does not report as typed what was set from outside", () => {
  const { box, onchange, shown } = editor("mine");
  box.value = "theirs";
  flushSync();
  expect(shown()).toBe("theirs");
  expect(onchange).not.toHaveBeenCalled();
});

it("shows a text with line breaks of another kind", () => {
  const { box, onchange, shown } = editor("a\nb");
  box.value = "c\r\nd";
  flushSync();
  expect(shown()).toBe("cd");
  expect(onchange).not.toHaveBeenCalled();
});
