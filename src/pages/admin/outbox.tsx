/** What the service still owes, and trying it again. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { retryOutbox } from '../../user-admin/retry-outbox'
import { cursorField } from '../../http/page'
import {
  listOutbox,
  OUTBOX_KEY,
  OUTBOX_STATUSES,
  type OutboxItem,
  type OutboxStatus,
} from '../../user-admin/list-outbox'
import { Hidden } from '../components/form'
import { redirect, page } from '../runtime/page'
import { When } from '../components/time'
import { eventName, type Names, namesFor, Person } from './audit-event'
import { Pager } from './pager'
import { consoleView, done, Empty, staffForm, type StaffRequest, SYSTEM } from './shell'

const pathOf = (status: OutboxStatus, cursor?: string | null) =>
  `/admin/outbox?status=${status}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`

export const outbox = page({
  path: '/admin/outbox',
  access: SYSTEM,
  show: async (request) => {
    const { deps, query, format } = request
    const status = OUTBOX_STATUSES.find((each) => each === query.get('status')) ?? 'pending'
    const from = cursorField(OUTBOX_KEY).safeParse(query.get('cursor') ?? '').data
    const list = await listOutbox(deps, status, from)
    const names = await namesFor(
      request,
      list.items.map((item) => item.user_id),
    )
    const { outbox: words, pager } = request.texts.admin
    return consoleView(request, {
      styles: ['tables'],
      title: words.title,
      lead: words.lead,
      main: (
        <>
          <nav class="tabs" aria-label={words.title}>
            {OUTBOX_STATUSES.map((each) => (
              <a href={pathOf(each)} aria-current={each === status ? 'page' : undefined}>
                {words.statuses[each]}
              </a>
            ))}
          </nav>
          <section class="panel">
            <p class="meta">{words.leads[status]}</p>
            {list.items.length === 0 ? (
              <Empty title={words.noneTitle} text={words.none} />
            ) : (
              <Table request={request} status={status} items={list.items} names={names} />
            )}
            <Pager
              words={pager}
              where={pager.page(format.number(list.page))}
              first={from ? pathOf(status) : undefined}
              next={list.next_cursor === null ? undefined : pathOf(status, list.next_cursor)}
            />
          </section>
        </>
      ),
    })
  },
})

interface TableProps {
  request: StaffRequest
  status: OutboxStatus
  items: readonly OutboxItem[]
  names: Names
}

const Table: FC<TableProps> = ({ request, status, items, names }) => {
  const { outbox: words } = request.texts.admin
  const last = { pending: words.next, dead: words.since, parked: words.parkedAt }[status]
  return (
    <table class="stack">
      <thead>
        <tr>
          <th scope="col">{words.what}</th>
          <th scope="col">{words.user}</th>
          <th scope="col">{words.tries}</th>
          <th scope="col">{last}</th>
          <th scope="col">{words.error}</th>
          <th scope="col">
            <span class="hidden">{words.retry}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <Row request={request} status={status} item={item} names={names} label={last} />
        ))}
      </tbody>
    </table>
  )
}

type RowProps = Omit<TableProps, 'items'> & { item: OutboxItem; label: string }

const Row: FC<RowProps> = ({ request, status, item, names, label }) => {
  const { outbox: words } = request.texts.admin
  const kind = words.kinds[item.kind] ?? item.kind
  const name =
    item.kind === 'event' && item.name !== null ? eventName(request, item.name) : item.name
  const at = status === 'pending' ? item.next_attempt_at : item.dead_at
  return (
    <tr>
      <td class="who">
        <strong>{kind}</strong>
        {name !== null && <span class="meta">{name}</span>}
      </td>
      <td data-label={words.user}>
        <Person request={request} id={item.user_id} names={names} otherwise="–" />
      </td>
      <td data-label={words.tries}>{item.attempts ?? '–'}</td>
      <td data-label={label} class="meta">
        {at === null ? '–' : <When at={at} format={request.format} />}
      </td>
      <td data-label={words.error} class="mono small-text">
        {item.last_error ?? '–'}
      </td>
      <td class="row-end">
        <form method="post" action="/admin/outbox/retry">
          <Hidden name="id" value={item.id} />
          <Hidden name="status" value={status} />
          <button
            class="button quiet small"
            aria-label={words.retryLabel([kind, name].filter(Boolean).join(', '))}
          >
            {words.retry}
          </button>
        </form>
      </td>
    </tr>
  )
}

export const outboxRetry = staffForm({
  path: '/admin/outbox/retry',
  access: SYSTEM,
  fields: z.strictObject({
    id: z.string().min(1).max(100),
    status: z.enum(OUTBOX_STATUSES).default('dead'),
  }),
  home: () => '/admin/outbox',
  show: () => redirect('/admin/outbox'),
  submit: async ({ deps, visitor }, { id, status }) => {
    await retryOutbox(deps, visitor.principal, id)
    return done(pathOf(status), 'outbox_retried')
  },
})
