import type { FC } from 'hono/jsx'
import { usePage } from '../runtime/page-context'

/** A relative time such as "5 minutes ago", with the exact one on hover and for programs. */
export const When: FC<{ at: string | number }> = ({ at }) => {
  const { format } = usePage()
  return (
    <time datetime={new Date(at).toISOString()} title={format.exact(at)}>
      {format.relative(at)}
    </time>
  )
}
