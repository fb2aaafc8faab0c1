import { element, setText } from './dom.ts'
import { NONE } from './format.ts'

/** Numbers with their names: a description list. */
export class FactList<Fact extends string> {
  readonly root = element('dl', { className: 'facts' })
  readonly #facts = new Map<Fact, { value: HTMLElement; note: HTMLElement }>()

  constructor(facts: readonly Fact[]) {
    for (const fact of facts) {
      const value = element('dd', {}, NONE)
      value.dataset['fact'] = fact.replaceAll(' ', '-')
      const note = element('dd', { className: 'note' })
      this.#facts.set(fact, { value, note })
      this.root.append(element('div', {}, element('dt', {}, fact), value, note))
    }
  }

  set(name: Fact, value: string, note = ''): void {
    const fact = this.#facts.get(name)
    if (!fact) return
    setText(fact.value, value)
    setText(fact.note, note)
  }
}
