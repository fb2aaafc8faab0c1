const icon = (path: string, name = ''): string =>
  `<svg class="${name}" viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"/></svg>`

const ICONS = {
  play: icon('M8 5.2v13.6a1 1 0 0 0 1.5.86l11-6.8a1 1 0 0 0 0-1.72l-11-6.8A1 1 0 0 0 8 5.2Z', 'on'),
  pause: icon('M7 5h3.4v14H7zM13.6 5H17v14h-3.4z', 'off'),
  back: icon(
    'M11.5 6.2v11.6a.8.8 0 0 1-1.25.66L2 12.66a.8.8 0 0 1 0-1.32l8.25-5.8a.8.8 0 0 1 1.25.66Zm10 0v11.6a.8.8 0 0 1-1.25.66L12 12.66a.8.8 0 0 1 0-1.32l8.25-5.8a.8.8 0 0 1 1.25.66Z',
  ),
  forward: icon(
    'M12.5 6.2v11.6a.8.8 0 0 0 1.25.66L22 12.66a.8.8 0 0 0 0-1.32l-8.25-5.8a.8.8 0 0 0-1.25.66Zm-10 0v11.6a.8.8 0 0 0 1.25.66L12 12.66a.8.8 0 0 0 0-1.32l-8.25-5.8a.8.8 0 0 0-1.25.66Z',
  ),
  loud: icon(
    'M4 9.2v5.6h3.6L12.5 19V5L7.6 9.2zM15 8.3v7.4a4.3 4.3 0 0 0 0-7.4zM15 4.3v1.9a6.2 6.2 0 0 1 0 11.6v1.9a8.1 8.1 0 0 0 0-15.4z',
    'off',
  ),
  muted: icon(
    'M4 9.2v5.6h3.6L12.5 19V5L7.6 9.2zM21.5 9.7l-1.3-1.3-2.3 2.3-2.3-2.3-1.3 1.3 2.3 2.3-2.3 2.3 1.3 1.3 2.3-2.3 2.3 2.3 1.3-1.3-2.3-2.3z',
    'on',
  ),
  full: icon('M4 4h6v2H6v4H4zm10 0h6v6h-2V6h-4zM4 14h2v4h4v2H4zm14 0h2v6h-6v-2h4z'),
}

const SPEEDS = [0.5, 1, 1.5, 2, 4]

/** Shadow tree of `<recording-player>`. Static: nothing from outside is ever put into it as markup. */
export const TEMPLATE = `
<div class="frame">
  <div class="screen">
    <video playsinline></video>
    <div class="message" role="status" aria-live="polite" hidden></div>
  </div>
  <div class="timeline" role="slider" tabindex="0" aria-label="Time" aria-valuemin="0" aria-keyshortcuts="ArrowLeft ArrowRight">
    <div class="preview" hidden><div class="picture"></div><span class="moment"></span><span class="why"></span></div>
    <div class="track"><div class="played"></div><div class="gaps"></div><div class="cut" hidden></div></div>
    <div class="thumb"></div>
  </div>
  <div class="controls" role="group" aria-label="Player controls">
    <button class="toggle" type="button" aria-keyshortcuts="k">${ICONS.play}${ICONS.pause}</button>
    <button class="back" type="button" aria-label="Back ten seconds" aria-keyshortcuts="j">${ICONS.back}</button>
    <button class="forward" type="button" aria-label="Forward ten seconds" aria-keyshortcuts="l">${ICONS.forward}</button>
    <button class="mute" type="button" aria-keyshortcuts="m">${ICONS.loud}${ICONS.muted}</button>
    <span class="time"><span class="at"></span><span class="of"></span></span>
    <span class="wall" title="Time of day when this was recorded"></span>
    <span class="space"></span>
    <label class="speed"><span>Speed</span><select aria-label="Speed">${SPEEDS.map((speed) => `<option value="${speed}"${speed === 1 ? ' selected' : ''}>${speed}×</option>`).join('')}</select></label>
    <button class="mark-in text" type="button" aria-keyshortcuts="i">Mark in</button>
    <button class="mark-out text" type="button" aria-keyshortcuts="o">Mark out</button>
    <button class="full" type="button" aria-label="Full screen" aria-keyshortcuts="f">${ICONS.full}</button>
  </div>
</div>`
