const icon = (path: string, name: string): string =>
  `<svg class="${name}" viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"/></svg>`

const ICONS = {
  play: icon('M8 5.2v13.6a1 1 0 0 0 1.5.86l11-6.8a1 1 0 0 0 0-1.72l-11-6.8A1 1 0 0 0 8 5.2Z', 'on'),
  pause: icon('M7 5h3.4v14H7zM13.6 5H17v14h-3.4z', 'off'),
  loud: icon(
    'M4 9.2v5.6h3.6L12.5 19V5L7.6 9.2zM15 8.3v7.4a4.3 4.3 0 0 0 0-7.4zM15 4.3v1.9a6.2 6.2 0 0 1 0 11.6v1.9a8.1 8.1 0 0 0 0-15.4z',
    'off',
  ),
  muted: icon(
    'M4 9.2v5.6h3.6L12.5 19V5L7.6 9.2zM21.5 9.7l-1.3-1.3-2.3 2.3-2.3-2.3-1.3 1.3 2.3 2.3-2.3 2.3 1.3 1.3 2.3-2.3 2.3 2.3 1.3-1.3-2.3-2.3z',
    'on',
  ),
  pip: icon('M3 5h18v14H3zm2 2v10h14V7zm6 4h7v5h-7z', ''),
  full: icon('M4 4h6v2H6v4H4zm10 0h6v6h-2V6h-4zM4 14h2v4h4v2H4zm14 0h2v6h-6v-2h4z', ''),
}

/** Shadow tree of `<live-player>`. Static: nothing from outside is ever put into it as markup. */
export const TEMPLATE = `
<div class="frame">
  <video playsinline muted></video>
  <div class="audio-only" hidden><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M9 18.5a2.7 2.7 0 1 1-1.6-2.47V5.4l11-2.2v12.3a2.7 2.7 0 1 1-1.6-2.47V7.3L9 8.9z"/></svg><span>Audio only</span></div>
  <div class="overlay" role="status" aria-live="polite">
    <div class="spinner" hidden></div>
    <strong class="title"></strong>
    <p class="text"></p>
    <div class="actions"></div>
  </div>
  <button class="unmute" type="button" hidden>${ICONS.muted}<span>Unmute</span></button>
  <div class="controls" role="group" aria-label="Player controls">
    <button class="toggle" type="button" aria-keyshortcuts="k">${ICONS.play}${ICONS.pause}</button>
    <button class="mute" type="button" aria-keyshortcuts="m">${ICONS.loud}${ICONS.muted}</button>
    <input class="volume" type="range" min="0" max="1" step="0.05" value="1" aria-label="Volume">
    <button class="live" type="button" aria-keyshortcuts="l"><i></i><span>Live</span></button>
    <span class="space"></span>
    <button class="pip" type="button" aria-label="Picture in picture" aria-keyshortcuts="p">${ICONS.pip}</button>
    <button class="full" type="button" aria-label="Full screen" aria-keyshortcuts="f">${ICONS.full}</button>
  </div>
</div>`
