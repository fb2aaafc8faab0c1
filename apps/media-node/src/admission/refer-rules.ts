/**
 * Whether a page may use a vhost's streams: its host has to be one of the domains, or within one. Without domains every page
 * may; with any, no page at all is none of them.
 *
 * SRS: `github.com` stands for `www.github.com`, and not for `evilgithub.com`, which SRS takes as well.
 */
export function referAllows(domains: readonly string[], pageUrl: string | undefined): boolean {
  if (domains.length === 0) return true
  const host = hostOf(pageUrl ?? '')
  return domains.some((domain) => {
    const wanted = domain.toLowerCase().replace(/^\./, '')
    return wanted !== '' && (host === wanted || host.endsWith(`.${wanted}`))
  })
}

/** Without scheme, port and path, as players write it: not always as a URL. */
function hostOf(pageUrl: string): string {
  const host = /^(?:[a-z][a-z\d+.-]*:\/\/)?(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)/i.exec(pageUrl)?.[1] ?? ''
  return host.toLowerCase()
}
