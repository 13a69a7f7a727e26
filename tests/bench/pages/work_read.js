// When the last work began, and when the window's store had it: milliseconds of the wall clock.
void window.workTook.then(arguments[0]);
