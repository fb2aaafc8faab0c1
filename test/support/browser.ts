import { mkdir } from 'node:fs/promises'
import path from 'node:path'

import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

import type { Scope } from '@millrace/core'

const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
]
const ARTIFACTS = path.resolve(import.meta.dirname, '../artifacts')

/** A page, and what it did that a test may want to know. */
export interface ObservedPage {
  readonly page: Page
  /** Errors on the console and uncaught ones. */
  readonly errors: readonly string[]
  /** Origins of all requests, `blob:` and `data:` aside. */
  readonly origins: ReadonlySet<string>
  /** Keeps a picture in test/artifacts. */
  screenshot: (name: string) => Promise<void>
}

/** The system's Chromium, headless, with a new profile; it ends with `scope`. */
export async function startChromium(scope: Scope, args: readonly string[] = []): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: [...CHROMIUM_ARGS, ...args] })
  scope.defer(() => browser.close())
  return browser
}

/** A page of its own context; it closes with `scope`. */
export async function openPage(
  scope: Scope,
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<ObservedPage> {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, ...options })
  scope.defer(() => context.close())
  const page = await context.newPage()
  const errors: string[] = []
  const origins = new Set<string>()
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  page.on('pageerror', (error) => errors.push(error.message))
  const addOrigin = (url: string): void => {
    if (!/^(blob|data):/.test(url)) origins.add(new URL(url).origin)
  }
  page.on('request', (request) => addOrigin(request.url()))
  page.on('websocket', (socket) => addOrigin(socket.url().replace(/^ws/, 'http')))
  return {
    page,
    errors,
    origins,
    async screenshot(name) {
      await mkdir(ARTIFACTS, { recursive: true })
      await page.screenshot({ path: path.join(ARTIFACTS, `${name}.png`) })
    },
  }
}
