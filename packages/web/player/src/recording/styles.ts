/** Style of the shadow tree. Colours come from custom properties, so a page can theme the player. */
export const STYLES = `
:host { display: block; --accent: var(--player-accent, #22b8cf); --mark: var(--player-mark, #ffd43b); }
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
.frame { overflow: hidden; border-radius: var(--player-radius, 0); background: #0b0f14; color: #fff; font: 500 14px/1.4 system-ui, sans-serif; }
.frame:fullscreen { display: flex; flex-direction: column; border-radius: 0; }
.frame:fullscreen .screen { flex: 1; max-height: none; aspect-ratio: auto; }
.screen { position: relative; aspect-ratio: 16 / 9; width: 100%; max-height: var(--player-max-height, none); background: #07090c; }
video { display: block; width: 100%; height: 100%; object-fit: contain; cursor: pointer; }
.message { position: absolute; inset: 0; display: grid; place-items: center; padding: 16px 20px; text-align: center; text-wrap: balance;
  font-size: clamp(15px, 2.4vw, 18px); font-weight: 600; background: rgb(7 9 12 / .66); pointer-events: none; }
svg { width: 20px; height: 20px; fill: currentColor; display: block; }
button, select { font: inherit; color: inherit; border: 0; background: none; cursor: pointer; padding: 0; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 8px; }
.timeline { position: relative; margin: 0 14px; height: 30px; display: grid; align-items: center; cursor: pointer; touch-action: none; }
.track { position: relative; height: 8px; border-radius: 4px; overflow: hidden; background: rgb(255 255 255 / .24); transition: height .12s; }
.timeline:hover .track, .timeline:focus-visible .track { height: 12px; }
.played { position: absolute; inset: 0 auto 0 0; background: var(--accent); }
.gap { position: absolute; top: 0; bottom: 0; min-width: 2px;
  background: repeating-linear-gradient(135deg, #5c2b2b 0 4px, #1d1416 4px 8px); }
.cut { position: absolute; top: 0; bottom: 0; min-width: 2px; background: color-mix(in srgb, var(--mark) 45%, transparent);
  border-inline: 3px solid var(--mark); }
.thumb { position: absolute; top: 50%; width: 14px; height: 14px; margin: -7px 0 0 -7px; border-radius: 50%; background: #fff;
  box-shadow: 0 1px 4px rgb(0 0 0 / .5); pointer-events: none; }
.preview { position: absolute; bottom: 30px; left: 0; z-index: 1; display: grid; justify-items: center; gap: 2px; padding: 5px;
  border-radius: 9px; background: #161d25; border: 1px solid #2c3743; font-size: 12px; white-space: nowrap; pointer-events: none;
  font-variant-numeric: tabular-nums; box-shadow: 0 4px 18px rgb(0 0 0 / .45); }
.picture { border-radius: 5px; background-repeat: no-repeat; background-color: #07090c; }
.moment { padding: 0 5px; }
.why { color: #ffa8a8; } .why:empty { display: none; }
.controls { display: flex; flex-wrap: wrap; align-items: center; gap: 2px 4px; padding: 0 10px 8px; }
.controls button { min-width: 38px; height: 38px; display: grid; place-items: center; border-radius: 8px; }
.controls button:hover, select:hover { background: rgb(255 255 255 / .14); }
.controls .text { padding: 0 10px; font-size: 13px; font-weight: 600; }
.controls .on, .controls .off { grid-area: 1 / 1; }
.controls [aria-pressed='true'] .off, .controls [aria-pressed='false'] .on { visibility: hidden; }
.time { padding: 0 8px; font-variant-numeric: tabular-nums; white-space: nowrap; }
.of { color: #9aa7b5; }
.wall { color: #9aa7b5; font-variant-numeric: tabular-nums; white-space: nowrap; }
.space { flex: 1; }
.speed span { position: absolute; clip-path: inset(50%); }
select { height: 38px; padding: 0 6px; border-radius: 8px; }
select option { color: #111; background: #fff; }
@media (max-width: 560px) { .wall { display: none; } .timeline { margin: 0 10px; } .controls { padding: 0 4px 6px; } }
@media (prefers-reduced-motion: reduce) { .track { transition: none; } }
`
