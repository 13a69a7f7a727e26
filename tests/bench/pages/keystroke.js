// Gets ready to time the next keystroke: from its arrival in the page until what a selector names has this text, and that
// is painted. `keystroke_read.js` asks for the milliseconds.
const [selector, text] = arguments;
const isThere = () => document.querySelector(selector)?.textContent === text;
// What is posted in an animation frame is delivered after that frame was painted.
const afterPaint = (run) =>
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = run;
    port2.postMessage(null);
  });
window.keystrokeTook = new Promise((resolve) => {
  const began = () => {
    const from = performance.now();
    const look = () => (isThere() ? resolve(performance.now() - from) : afterPaint(look));
    // The field has the letter after this event, and the screen answers to that.
    addEventListener('input', () => afterPaint(look), { capture: true, once: true });
  };
  addEventListener('keydown', began, { capture: true, once: true });
});
