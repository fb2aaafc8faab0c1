type Child = Node | string

/** Makes an element; `properties` are DOM properties, `children` nodes or text (never markup). */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = Object.assign(document.createElement(tag), properties)
  node.append(...children)
  return node
}

/** The element of the page with this id; the page and its script are one, so it is there. */
export function byId<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T
}

/** Sets text only when it differs: selections and live regions stay undisturbed. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text
}

/** A button that copies `text()`; where the clipboard is closed (plain HTTP) it says so. */
export function copyButton(text: () => string, label: string): HTMLButtonElement {
  const button = element('button', { type: 'button', className: 'copy', ariaLabel: label }, 'Copy')
  button.addEventListener('click', () => {
    void copy(text()).then((copied) => {
      button.textContent = copied ? 'Copied' : 'Press Ctrl+C'
      setTimeout(() => (button.textContent = 'Copy'), 1_500)
    })
  })
  return button
}

async function copy(text: string): Promise<boolean> {
  if (!navigator.clipboard) return false
  return navigator.clipboard.writeText(text).then(
    () => true,
    () => false,
  )
}
