/** `tcUrl` and stream of `rtmp(s)://host[:port]/app/stream[?parameters]`; all before the last slash is the app. */
export function rtmpNames(url: URL): { tcUrl: string; stream: string } {
  const cut = url.pathname.lastIndexOf('/')
  return {
    tcUrl: `${url.protocol}//${url.host}${url.pathname.slice(0, cut)}`,
    stream: url.pathname.slice(cut + 1) + url.search,
  }
}
