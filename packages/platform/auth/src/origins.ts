/**
 * The web origin that a request comes from: of its `Origin` header, else of the page in `Referer` or RTMP's `pageUrl`.
 * Undefined where neither says one. @see RFC 6454 §7
 */
export function originOf({
  origin,
  pageUrl,
}: {
  origin?: string | undefined
  pageUrl?: string | undefined
}): string | undefined {
  const page = origin ?? pageUrl
  const parsed = page === undefined ? null : URL.parse(page)
  return parsed && (parsed.protocol === 'http:' || parsed.protocol === 'https:') ? parsed.origin : undefined
}

/** Whether an origin is one of `allowed`, which may say `https://*.example.com` for all hosts under a name. */
export function isAllowedOrigin(allowed: readonly string[], origin: string): boolean {
  return allowed.some((entry) => {
    const [scheme, host] = entry.split('*')
    if (host === undefined || scheme === undefined) return entry === origin
    return origin.startsWith(scheme) && origin.endsWith(host) && origin.length > scheme.length + host.length
  })
}
