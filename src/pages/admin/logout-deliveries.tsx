/** The messages to an app's back-channel logout URI, each with a button that retries it. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import {
  listLogoutDeliveries,
  LOGOUT_ORDER,
  type LogoutDelivery,
} from '../../app-logout/list-logout-deliveries'
import { findAppRow } from '../../apps/list-apps'
import { cursorField } from '../../http/list-page'
import { retryOutbox } from '../../user-admin/retry-outbox'
import { type Column, DataTable } from '../components/data-table'
import { ButtonForm } from '../components/form'
import { ListPanel } from '../components/list-panel'
import { When } from '../components/time'
import { askedCursor } from '../runtime/address'
import { formPage } from '../runtime/form-page'
import { withQuery } from '../runtime/local-path'
import { page, type SignedInRequest } from '../runtime/page'
import { usePage } from '../runtime/page-context'
import { consoleView, done, SYSTEM } from './console'

const clientIdOf = ({ params }: SignedInRequest): string => params.name
const pathOf = (clientId: string, cursor?: string): string =>
  withQuery(`/admin/apps/${encodeURIComponent(clientId)}/logout-deliveries`, { cursor })

const log = page({
  path: '/admin/apps/:name/logout-deliveries',
  access: SYSTEM,
  query: () => z.object({ cursor: askedCursor(cursorField(LOGOUT_ORDER)) }),
  show: async (request) => {
    const { deps, texts } = request
    const clientId = clientIdOf(request)
    const app = await findAppRow(deps, clientId)
    const list = await listLogoutDeliveries(deps, clientId, request.query.cursor)
    const { logouts: words } = texts.admin
    return consoleView(request, {
      styles: ['tables'],
      title: words.title,
      lead: app.name,
      titleLink: { href: `/admin/apps/${encodeURIComponent(clientId)}`, label: words.back },
      main: (
        <ListPanel
          list={list}
          words={words}
          head={<p class="meta">{words.lead}</p>}
          path={(cursor) => pathOf(clientId, cursor)}
        >
          <Table clientId={clientId} items={list.items} />
        </ListPanel>
      ),
    })
  },
})

const Table: FC<{ clientId: string; items: readonly LogoutDelivery[] }> = ({ clientId, items }) => {
  const { logouts: words } = usePage().texts.admin
  const reasons: Readonly<Record<string, string>> = words.reasons
  const columns: Column<LogoutDelivery>[] = [
    {
      label: words.session,
      class: 'who',
      isUnlabelled: true,
      cell: ({ sid, reason }) => (
        <>
          <strong>{reasons[reason] ?? reason}</strong>
          <span class="meta mono">{sid}</span>
        </>
      ),
    },
    { label: words.ended, class: 'meta', cell: ({ created_at: at }) => <When at={at} /> },
    { label: words.state, cell: ({ state }) => words.states[state] },
    { label: words.attempts, cell: ({ attempts }) => attempts },
    {
      label: words.next,
      class: 'meta',
      cell: ({ next_attempt_at: at }) => (at === null ? '–' : <When at={at} />),
    },
    {
      label: words.answer,
      class: 'mono small-text',
      cell: ({ last_error: error, last_status: status }) => error ?? status ?? '–',
    },
    {
      label: words.retry,
      head: <span class="hidden">{words.retry}</span>,
      class: 'row-end',
      isUnlabelled: true,
      cell: ({ id, sid, can_retry: canRetry }) =>
        canRetry && (
          <ButtonForm
            action={`${pathOf(clientId)}/retry`}
            label={words.retryLabel(sid)}
            fields={{ id }}
          >
            {words.retry}
          </ButtonForm>
        ),
    },
  ]
  return <DataTable class="stack" columns={columns} rows={items} />
}

const retry = formPage({
  path: '/admin/apps/:name/logout-deliveries/retry',
  access: SYSTEM,
  fields: () => z.strictObject({ id: z.string().regex(LOGOUT_ORDER) }),
  home: (request) => pathOf(clientIdOf(request)),
  submit: async (request, { id }) => {
    await retryOutbox(request.deps, request.visitor.principal, id)
    return done(pathOf(clientIdOf(request)), 'outbox_retried')
  },
})

export const logoutDeliveryPages = [log, retry]
