import type { Child, FC } from 'hono/jsx'

type Fact = readonly [name: string, value: Child]

/** Facts with their names. One without a value (false, null) is left out. */
export const FactList: FC<{ facts: readonly Fact[] }> = ({ facts }) => (
  <dl class="facts">
    {facts.map(
      ([name, value]) =>
        value !== false &&
        value !== null && (
          <>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </>
        ),
    )}
  </dl>
)
