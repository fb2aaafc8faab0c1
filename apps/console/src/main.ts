import { defineLivePlayer } from '@millrace/player'

import { pollStreams } from './api.ts'
import type { LiveStream, PollResult } from './api.ts'
import { byId, setText } from './dom.ts'
import { formatCount } from './format.ts'
import { ListView } from './list-view.ts'
import { formatRoute, parseRoute } from './route.ts'
import type { Route } from './route.ts'
import { WatchView } from './watch-view.ts'

defineLivePlayer()
start()

/** Wires address bar, list and player together; the address bar is the only state. */
function start(): void {
  let streams: readonly LiveStream[] | undefined
  let route = parseRoute(location.search)
  const list = new ListView()
  const watch = new WatchView((engine) => go({ ...route, via: engine }, 'replace'))

  const render = (): void => {
    const current = streams?.find(({ path, vhost }) => path === route.stream && vhost === route.vhost)
    byId('layout').classList.toggle('watching', route.stream !== undefined)
    watch.show(route, current)
    if (streams) list.show(streams, route)
    document.title = route.stream ? `${current ? '● ' : ''}${route.stream} – Millrace` : 'Millrace'
  }

  const go = (next: Route, how: 'push' | 'replace'): void => {
    route = next
    if (how === 'push') history.pushState(null, '', formatRoute(next))
    else history.replaceState(null, '', formatRoute(next))
    render()
  }

  addEventListener('popstate', () => {
    route = parseRoute(location.search)
    render()
  })
  bindLinks((url) => {
    go(parseRoute(url.search), 'push')
    scrollTo({ top: 0 })
  })
  bindOpenForm((stream) => go({ stream, vhost: undefined, token: undefined, via: route.via }, 'push'))
  bindKeys(watch)
  render()
  pollStreams((result) => {
    showResult(result)
    if ('streams' in result) streams = result.streams
    render()
  })
}

/** Links of the page itself change the route without loading the page anew. */
function bindLinks(follow: (url: URL) => void): void {
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>('a[data-link]') : null
    if (!link) return
    event.preventDefault()
    follow(new URL(link.href))
  })
}

function bindOpenForm(open: (stream: string) => void): void {
  const form = byId<HTMLFormElement>('open')
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const name = byId<HTMLInputElement>('open-name')
      .value.trim()
      .replace(/^\/+|\/+$/g, '')
    if (!name) return
    open(name.includes('/') ? name : `live/${name}`)
    form.reset()
  })
}

/** The player's keys work anywhere on the page but in fields and on controls. */
function bindKeys({ player }: WatchView): void {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    if (!player.isConnected || event.target !== document.body) return
    if (player.handleKey(event.key === ' ' ? 'k' : event.key)) event.preventDefault()
  })
}

function showResult(result: PollResult): void {
  const notice = byId('notice')
  if ('error' in result) {
    const text =
      result.error === 'unreachable' ? 'The server doesn’t answer.' : 'The server refused to list its streams.'
    setText(notice, `${text} Trying again…`)
  } else {
    const viewers = result.streams.reduce((sum, stream) => sum + stream.viewers, 0)
    const text = `${result.streams.length} live · ${formatCount(viewers, 'viewer', 'viewers')}`
    setText(byId('summary'), result.streams.length > 0 ? text : '')
  }
  notice.hidden = !('error' in result)
}
