import type { FC } from 'hono/jsx'
import { usePage } from '../runtime/page-context'

/** A time as people say it, with the exact one on hover and for machines. */
export const When: FC<{ at: string | number }> = ({ at }) => {
  const { format } = usePage()
  return (
    <time datetime={new Date(at).toISOString()} title={format.exact(at)}>
      {format.relative(at)}
    </time>
  )
}
