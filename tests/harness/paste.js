// Gives the focused element a paste event; a plain field, which leaves that to the browser, gets the text inserted.
const [text] = arguments;
const clipboardData = new DataTransfer();
clipboardData.setData('text/plain', text);
const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
if (document.activeElement.dispatchEvent(event)) document.execCommand('insertText', false, text);
