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

it("says how lines end where that is unusual, and what became of those that were pasted", () => {
  const { box } = editor("a\nb");
  const said = () => document.querySelector("[data-testid=editor-ends]")?.textContent.trim() ?? null;
  expect(said()).toBeNull();
  const event = new Event("paste", { bubbles: true, cancelable: true });
  const clipboardData = { getData: () => "c\r\nd" };
  document.querySelector(".cm-content")?.dispatchEvent(Object.assign(event, { clipboardData }));
  flushSync();
  expect(said()).toBe("The line ends that you pasted became LF, as in the rest of the text.");
  box.value = "a\r\nb";
  flushSync();
  expect(said()).toBe("Its lines end in CRLF, as on Windows, and stay so.");
  box.value = "a\r\nb\nc";
  flushSync();
  expect(said()).toContain("Its line ends differ");
});

it("shows a text with line breaks of another kind", () => {
  const { box, onchange, shown } = editor("a\nb");
  box.value = "c\r\nd";
  flushSync();
  expect(shown()).toBe("cd");
  expect(onchange).not.toHaveBeenCalled();
});
