// The milliseconds that the last keystroke took.
window.keystrokeTook.then(arguments[0]);
