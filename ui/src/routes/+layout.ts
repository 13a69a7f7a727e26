// Everything is drawn in the window: the bundle has no server.
export const ssr = false;
export const prerender = false;
