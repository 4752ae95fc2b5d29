import type { FC } from 'hono/jsx'
import type { Formats } from '../runtime/format'

/** A time as people say it, with the exact one on hover and for machines. */
export const When: FC<{ at: string | number; format: Formats }> = ({ at, format }) => (
  <time datetime={new Date(at).toISOString()} title={format.exact(at)}>
    {format.relative(at)}
  </time>
)
