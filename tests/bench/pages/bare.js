// The milliseconds that so many rows of about 300 bytes take in one transaction of a database of their own, by nothing but
// IndexedDB.
const [rows, done] = arguments;
const opened = indexedDB.open('bench', 1);
opened.onupgradeneeded = () => opened.result.createObjectStore('rows', { keyPath: 'seq' });
opened.onsuccess = () => {
  const db = opened.result;
  const from = performance.now();
  const transaction = db.transaction('rows', 'readwrite', { durability: 'strict' });
  const store = transaction.objectStore('rows');
  for (let seq = 0; seq < rows; seq += 1) store.put({ seq, text: `${from} ${seq} `.padEnd(280, 'x') });
  transaction.oncomplete = () => {
    const took = performance.now() - from;
    db.close();
    indexedDB.deleteDatabase('bench').onsuccess = () => done(took);
  };
};
