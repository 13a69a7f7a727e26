// Answers once what a selector names is there, with this text in it, and painted: the wall clock's milliseconds just after
// that frame. Answers null when it takes too long for one question; it is to be asked again then. It looks when the page
// changes, and asks for no frame before: frames that nobody needs would be part of what is measured.
const [selector, text, patienceMs, done] = arguments;
const isThere = () =>
  [...document.querySelectorAll(selector)].some((element) => element.textContent.includes(text));
const answer = () => done(performance.timeOrigin + performance.now());
// What is posted in an animation frame is delivered after that frame was painted.
const afterPaint = (run) =>
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = run;
    port2.postMessage(null);
  });
const watcher = new MutationObserver(() => look());
const givenUp = setTimeout(() => end(() => done(null)), patienceMs);
const end = (then) => {
  watcher.disconnect();
  clearTimeout(givenUp);
  then();
};
const look = () => isThere() && end(() => afterPaint(answer));
watcher.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
look();
