// Answers once what a selector names is there, with this text in it, and painted: the wall clock's milliseconds just after
// that frame. Answers null when it takes too long for one question; it is to be asked again then.
const [selector, text, patienceMs, done] = arguments;
const giveUp = performance.now() + patienceMs;
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
const look = () => {
  if (isThere()) afterPaint(answer);
  else if (performance.now() > giveUp) done(null);
  else requestAnimationFrame(look);
};
look();
