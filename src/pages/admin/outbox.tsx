/** The outbox: what is still to be delivered, and a button to try it again. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { cursorField } from '../../http/list-page'
import {
  listOutbox,
  OUTBOX_KEY,
  OUTBOX_STATUSES,
  type OutboxItem,
  type OutboxStatus,
} from '../../user-admin/list-outbox'
import { retryOutbox } from '../../user-admin/retry-outbox'
import { type Column, DataTable } from '../components/data-table'
import { ButtonForm } from '../components/form'
import { ListPanel } from '../components/list-panel'
import { Tabs } from '../components/tabs'
import { When } from '../components/time'
import { askedCursor, askedField } from '../runtime/address'
import { formPage } from '../runtime/form-page'
import { withQuery } from '../runtime/local-path'
import { page } from '../runtime/page'
import { usePage } from '../runtime/page-context'
import { eventName, type Names, namesFor, UserLink } from './audit-event'
import { consoleView, done, SYSTEM } from './console'

const pathOf = (status: OutboxStatus, cursor?: string) =>
  withQuery('/admin/outbox', { status, cursor })

export const outbox = page({
  path: '/admin/outbox',
  access: SYSTEM,
  query: () =>
    z.object({
      status: askedField.pipe(z.enum(OUTBOX_STATUSES).catch('pending')),
      cursor: askedCursor(cursorField(OUTBOX_KEY)),
    }),
  show: async (request) => {
    const { deps } = request
    const { status, cursor: from } = request.query
    const list = await listOutbox(deps, status, from)
    const ids = list.items.map((item) => item.user_id)
    const names = await namesFor(request, ids)
    const { outbox: words } = request.texts.admin
    const tabs = OUTBOX_STATUSES.map((each) => ({
      href: pathOf(each),
      label: words.statuses[each],
      isCurrent: each === status,
    }))
    return consoleView(request, {
      styles: ['tables'],
      title: words.title,
      lead: words.lead,
      main: (
        <>
          <Tabs label={words.title} tabs={tabs} />
          <ListPanel
            list={list}
            words={words}
            head={<p class="meta">{words.leads[status]}</p>}
            path={(cursor) => pathOf(status, cursor)}
          >
            <Table status={status} items={list.items} names={names} />
          </ListPanel>
        </>
      ),
    })
  },
})

interface TableProps {
  status: OutboxStatus
  items: readonly OutboxItem[]
  names: Names
}

const Table: FC<TableProps> = ({ status, items, names }) => {
  const { texts } = usePage()
  const { outbox: words } = texts.admin
  const kindOf = ({ kind }: OutboxItem) => words.kinds[kind] ?? kind
  const nameOf = ({ kind, name }: OutboxItem) =>
    kind === 'event' && name !== null ? eventName(texts, name) : name
  const columns: Column<OutboxItem>[] = [
    {
      label: words.what,
      class: 'who',
      isUnlabelled: true,
      cell: (item) => (
        <>
          <strong>{kindOf(item)}</strong>
          {item.name !== null && <span class="meta">{nameOf(item)}</span>}
        </>
      ),
    },
    {
      label: words.user,
      cell: ({ user_id: id }) => <UserLink id={id} names={names} otherwise="–" />,
    },
    { label: words.tries, cell: ({ attempts }) => attempts ?? '–' },
    {
      label: { pending: words.next, dead: words.since, parked: words.parkedAt }[status],
      class: 'meta',
      cell: ({ next_attempt_at: next, dead_at: dead }) => {
        const at = status === 'pending' ? next : dead
        return at === null ? '–' : <When at={at} />
      },
    },
    {
      label: words.error,
      class: 'mono small-text',
      cell: ({ last_error: error }) => error ?? '–',
    },
    {
      label: words.retry,
      head: <span class="hidden">{words.retry}</span>,
      class: 'row-end',
      isUnlabelled: true,
      cell: (item) => (
        <ButtonForm
          action="/admin/outbox/retry"
          label={words.retryLabel([kindOf(item), nameOf(item)].filter(Boolean).join(', '))}
          fields={{ id: item.id, status }}
        >
          {words.retry}
        </ButtonForm>
      ),
    },
  ]
  return <DataTable class="stack" columns={columns} rows={items} />
}

export const outboxRetry = formPage({
  path: '/admin/outbox/retry',
  access: SYSTEM,
  fields: () =>
    z.strictObject({
      id: z.string().min(1).max(100),
      status: z.enum(OUTBOX_STATUSES).default('dead'),
    }),
  home: '/admin/outbox',
  submit: async ({ deps, visitor }, { id, status }) => {
    await retryOutbox(deps, visitor.principal, id)
    return done(pathOf(status), 'outbox_retried')
  },
})
