import type { FC } from 'hono/jsx'
import type { ListPage } from '../../http/list-page'
import { useConsoleTexts, usePage } from '../runtime/page-context'

interface PagerProps {
  where: string
  /** The previous page, where the list can step back. */
  previous?: string | undefined
  next: string | undefined
  /** The first page, for lists that cannot step back. */
  first?: string | undefined
}

/** Links to the other pages of a list; nothing when there is only one. */
export const Pager: FC<PagerProps> = ({ where, previous, next, first }) => {
  const { pager: words } = useConsoleTexts()
  if (previous === undefined && next === undefined && first === undefined) return null
  return (
    <nav class="pager" aria-label={words.label}>
      <span>
        {first !== undefined && (
          <a class="button quiet small" href={first}>
            {words.first}
          </a>
        )}
        {previous !== undefined && (
          <a class="button quiet small" href={previous} rel="prev">
            {words.previous}
          </a>
        )}
      </span>
      <span class="meta">{where}</span>
      <span>
        {next !== undefined && (
          <a class="button quiet small" href={next} rel="next">
            {words.next}
          </a>
        )}
      </span>
    </nav>
  )
}

interface CursorPagerProps {
  list: Pick<ListPage<unknown>, 'page' | 'next_cursor'>
  isFirst: boolean
  /** The address of the page that a cursor begins, or of the first page. */
  path: (cursor?: string) => string
}

/** For lists with a cursor, which leads only forward: the way back is the first page. */
export const CursorPager: FC<CursorPagerProps> = ({ list, isFirst, path }) => (
  <Pager
    where={useConsoleTexts().pager.page(usePage().format.number(list.page))}
    first={isFirst ? undefined : path()}
    next={list.next_cursor === null ? undefined : path(list.next_cursor)}
  />
)
