/** Style of the shadow tree. Colours come from custom properties, so a page can theme the player. */
export const STYLES = `
:host { display: block; --accent: var(--player-accent, #22b8cf); --live: var(--player-live, #ff4d4f); }
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
.frame { position: relative; aspect-ratio: 16 / 9; width: 100%; max-height: var(--player-max-height, none); overflow: hidden;
  border-radius: var(--player-radius, 0); background: #07090c; color: #fff; font: 500 15px/1.4 system-ui, sans-serif; }
.frame:fullscreen { border-radius: 0; max-height: none; height: 100%; }
video { display: block; width: 100%; height: 100%; object-fit: contain; background: #07090c; }
svg { width: 22px; height: 22px; fill: currentColor; display: block; }
button { font: inherit; color: inherit; border: 0; background: none; cursor: pointer; padding: 0; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 8px; }
.overlay, .audio-only { position: absolute; inset: 0; display: flex; flex-direction: column; align-items: center;
  justify-content: center; gap: 6px; text-align: center; padding: 16px 20px 48px; pointer-events: none; }
.overlay { background: rgb(7 9 12 / .62); opacity: 1; transition: opacity .2s; }
.overlay.soft { background: none; transition-delay: .5s; }
.overlay.free { opacity: 0; visibility: hidden; transition: opacity .2s, visibility 0s .2s; }
.title { font-size: clamp(15px, 2.6vw, 20px); font-weight: 600; text-wrap: balance; }
.text { margin: 0; max-width: 46ch; color: #c3ccd8; font-size: 14px; text-wrap: pretty; }
.text:empty, .actions:empty { display: none; }
.actions { display: flex; flex-wrap: wrap; justify-content: center; gap: 8px; margin-top: 8px; pointer-events: auto; }
.actions button, .unmute { min-height: 40px; padding: 0 16px; border-radius: 999px; background: #fff; color: #0b0f14; font-weight: 600; }
.actions button:hover, .unmute:hover { background: #e4e9ef; }
.audio-only { color: #8794a5; } .audio-only svg { width: 56px; height: 56px; }
.spinner { width: 34px; height: 34px; margin-bottom: 6px; border-radius: 50%; border: 3px solid rgb(255 255 255 / .22);
  border-top-color: #fff; animation: spin .9s linear infinite; }
@keyframes spin { to { transform: rotate(1turn); } }
.unmute { position: absolute; top: 12px; left: 12px; display: flex; align-items: center; gap: 8px; padding: 0 16px 0 12px; font-size: 14px; }
.controls { position: absolute; inset: auto 0 0; display: flex; align-items: center; gap: 4px; padding: 28px 10px 8px;
  background: linear-gradient(transparent, rgb(0 0 0 / .66)); transition: opacity .2s; }
.idle .controls { opacity: 0; } .idle { cursor: none; }
.controls:focus-within { opacity: 1; }
.controls button { min-width: 40px; height: 40px; display: grid; place-items: center; border-radius: 8px; }
.controls button:hover { background: rgb(255 255 255 / .16); }
.controls .on, .controls .off { grid-area: 1 / 1; }
.controls [aria-pressed='true'] .off, .controls [aria-pressed='false'] .on { visibility: hidden; }
.controls .live { display: flex; align-items: center; gap: 7px; padding: 0 10px; font-size: 13px; font-weight: 650;
  letter-spacing: .03em; text-transform: uppercase; color: #aeb9c6; }
.live i { width: 8px; height: 8px; border-radius: 50%; background: currentColor; }
.live.at-edge { color: #fff; } .live.at-edge i { background: var(--live); }
.space { flex: 1; }
.volume { width: 84px; accent-color: #fff; cursor: pointer; }
@media (hover: none) { .volume { display: none; } }
@media (max-width: 480px) { .controls { padding: 20px 4px 2px; } .volume { display: none; } .text { font-size: 13px; } }
@media (prefers-reduced-motion: reduce) { .spinner { animation-duration: 3s; } .overlay, .controls { transition: none; } }
`
