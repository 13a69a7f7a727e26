// Gets ready to time the next work in the grid: from an event of this type, of this key where one is named, until the
// window's store has it. `work_read.js` asks for both times.
const [type, key, done] = arguments;
const isOfAnEnvironment = ({ name }) => name.startsWith('leeward/');
const lastEntry = (db) =>
  new Promise((resolve) => {
    const request = db.transaction('log').objectStore('log').openKeyCursor(null, 'prev');
    request.onsuccess = () => resolve(request.result?.key ?? 0);
  });
const watch = async (db, before) => {
  let from = null;
  const began = (event) => {
    if (key && event.key !== key) return;
    removeEventListener(type, began, { capture: true });
    from = performance.now();
  };
  addEventListener(type, began, { capture: true });
  done(before);
  // A reading waits until what is being written is durable.
  while ((await lastEntry(db)) <= before);
  const at = performance.now();
  db.close();
  return [performance.timeOrigin + from, performance.timeOrigin + at];
};
void indexedDB.databases().then((all) => {
  const opened = indexedDB.open(all.find(isOfAnEnvironment).name);
  opened.onsuccess = async () => {
    window.workTook = watch(opened.result, await lastEntry(opened.result));
  };
});
