/** A stacked bar, drawn by the server as SVG: no script and no style attribute. */
import type { FC } from 'hono/jsx'
import { usePage } from '../runtime/page-context'

interface Share {
  readonly name: string
  readonly tone: 'main' | 'good' | 'warn' | 'bad'
  readonly value: number
  readonly href?: string
}

/** Parts of a whole as one bar, with their names and numbers below. */
export const StackedBar: FC<{ shares: readonly Share[] }> = ({ shares }) => {
  const { number } = usePage().format
  const total = shares.reduce((sum, { value }) => sum + value, 0)
  let at = 0
  return (
    <div>
      <svg class="share" viewBox="0 0 1000 14" preserveAspectRatio="none" aria-hidden="true">
        <rect x={0} y={0} width={1000} height={14} class="rest" />
        {shares.map(({ value, tone }) => {
          const width = total === 0 ? 0 : (value / total) * 1000
          const x = at
          at += width
          return width === 0 ? null : (
            <rect x={x.toFixed(1)} y={0} width={width.toFixed(1)} height={14} class={tone} />
          )
        })}
      </svg>
      <ul class="shares">
        {shares.map(({ name, tone, value, href }) => (
          <li>
            <span class={`swatch ${tone}`} aria-hidden="true" />
            {href === undefined ? name : <a href={href}>{name}</a>} <strong>{number(value)}</strong>
          </li>
        ))}
      </ul>
    </div>
  )
}
