// Scrolls from the top, fifteen rows a frame, for so many milliseconds: how many frames a second were painted that had a row
// in the middle of the screen.
const [row, lastMs, done] = arguments;
const scroller = document.querySelector(row).closest('.scroller');
const box = scroller.getBoundingClientRect();
const isShown = () =>
  document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)?.closest(row) != null;
scroller.scrollTop = 0;
let shown = 0;
let step = 480;
const scrollOn = () => {
  const before = scroller.scrollTop;
  scroller.scrollTop += step;
  // At an end it turns round.
  if (scroller.scrollTop === before) step = -step;
};
requestAnimationFrame(() => {
  const from = performance.now();
  const look = () => {
    if (isShown()) shown += 1;
    const took = performance.now() - from;
    if (took >= lastMs) return done((shown * 1000) / took);
    scrollOn();
    requestAnimationFrame(look);
  };
  scrollOn();
  requestAnimationFrame(look);
});
