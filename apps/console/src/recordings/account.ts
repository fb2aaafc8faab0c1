import { ControlApi } from './control-api.ts'

const TOKEN = 'millrace-token'
const URL_NAME = 'millrace-control'
/** Where the control plane is beside a node that was started by `npm start`. */
const DEFAULT_PORT = 4000

/** Where the control plane was last, or is by default. */
export function controlUrl(): string {
  return localStorage.getItem(URL_NAME) ?? `${location.protocol}//${location.hostname}:${DEFAULT_PORT}`
}

/** Who is signed in, in this tab; undefined for nobody. */
export function signedIn(): ControlApi | undefined {
  const token = sessionStorage.getItem(TOKEN)
  return token === null ? undefined : new ControlApi(controlUrl(), token)
}

/** Keeps a token for as long as the tab is open, and the address for longer. */
export function signIn(url: string, token: string): ControlApi {
  const api = new ControlApi(url, token)
  localStorage.setItem(URL_NAME, api.url)
  sessionStorage.setItem(TOKEN, token)
  return api
}

export function signOut(): void {
  sessionStorage.removeItem(TOKEN)
}
