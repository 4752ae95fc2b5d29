/** Lists that come in pages: what is above the rows, what an empty list says, and the way to other pages. */
import type { Child, FC, PropsWithChildren } from 'hono/jsx'
import type { ListPage } from '../../http/list-page'
import { useConsoleTexts, usePage } from '../runtime/page-context'
import { Panel, type PanelProps } from './layout'

interface ListPanelProps extends PanelProps {
  list: Pick<ListPage<unknown>, 'items' | 'page' | 'next_cursor'>
  /** What it says without rows. */
  words: { noneTitle: string; none: string } | { none: string }
  /** Above the rows. */
  head?: Child
  /** The address of the page that a cursor begins, or of the first page. */
  path?: (cursor?: string) => string
  /** Links to the other pages, where these do not go by cursor alone. */
  pager?: Child
}

/** A panel with one page of a list, whose rows are its children. */
export const ListPanel: FC<PropsWithChildren<ListPanelProps>> = (props) => {
  const { list, words, head, path, pager, children, ...panel } = props
  return (
    <Panel {...panel}>
      {head}
      {list.items.length === 0 ? <Empty words={words} /> : children}
      {pager ?? (path && <CursorPager list={list} path={path} />)}
    </Panel>
  )
}

const Empty: FC<Pick<ListPanelProps, 'words'>> = ({ words }) =>
  'noneTitle' in words ? (
    <div class="empty">
      <p class="empty-title">{words.noneTitle}</p>
      <p>{words.none}</p>
    </div>
  ) : (
    <p class="empty">{words.none}</p>
  )

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
        <PagerLink href={first} label={words.first} />
        <PagerLink href={previous} label={words.previous} rel="prev" />
      </span>
      <span class="meta">{where}</span>
      <span>
        <PagerLink href={next} label={words.next} rel="next" />
      </span>
    </nav>
  )
}

const PagerLink: FC<{ href: string | undefined; label: string; rel?: string }> = (props) =>
  props.href === undefined ? null : (
    <a class="button quiet small" href={props.href} rel={props.rel}>
      {props.label}
    </a>
  )

type CursorPagerProps = Required<Pick<ListPanelProps, 'list' | 'path'>>

/** For lists with a cursor, which leads only forward: the way back is the first page. */
const CursorPager: FC<CursorPagerProps> = ({ list, path }) => (
  <Pager
    where={useConsoleTexts().pager.page(usePage().format.number(list.page))}
    first={list.page === 1 ? undefined : path()}
    next={list.next_cursor === null ? undefined : path(list.next_cursor)}
  />
)
