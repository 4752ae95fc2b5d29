/**
 * Actions on several users at once: first a page that names them and asks for confirmation, then one verb
 * after another. Users that were refused are named with the reason; the others are done all the same.
 */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { andKeysFields } from '../../api-keys/and-keys'
import { DomainError } from '../../errors'
import { STATUS_OF } from '../../http/problem'
import type { Parsed } from '../../http/validated'
import { getListedUser } from '../../user-admin/get-user'
import { activateUser, deactivateUser } from '../../user-admin/set-status'
import { findTarget, type Target } from '../../users/find-target'
import { Checkbox } from '../components/choices'
import { Alert, Hidden } from '../components/form'
import { download } from '../runtime/download'
import { formPage } from '../runtime/form-page'
import type { SignedInRequest, View } from '../runtime/page'
import { usePage } from '../runtime/page-context'
import { retryAfterHeader } from '../runtime/retry-after'
import { consoleView, done, STAFF } from './console'

/** The length of the list's pages. */
const MAX_CHOSEN = 100
const HOME = '/admin/users'

const fields = () =>
  z.strictObject({
    ids: z.array(z.coerce.number().int().positive()).max(MAX_CHOSEN).default([]),
    do: z.enum(['activate', 'deactivate', 'export']),
    is_confirmed: z.boolean().default(false),
    ...andKeysFields,
  })
type Chosen = Parsed<typeof fields>

export const bulk = formPage({
  path: '/admin/users/bulk',
  access: STAFF,
  fields,
  home: HOME,
  show: nobodyChosen,
  submit: async (request, input) => {
    if (input.ids.length === 0) return nobodyChosen(request)
    if (input.do === 'export') return exportChosen(request, input.ids)
    return input.is_confirmed ? perform(request, input) : ask(request, input)
  },
})

function nobodyChosen(request: SignedInRequest): View {
  const { bulk: words, users: list } = request.texts.admin
  return consoleView(request, {
    title: list.title,
    status: 422,
    main: (
      <>
        <Alert text={words.nobody} />
        <Back />
      </>
    ),
  })
}

const Back: FC = () => (
  <p>
    <a class="button quiet" href={HOME}>
      {usePage().texts.layout.back}
    </a>
  </p>
)

/** Users that were deleted meanwhile are left out. */
async function targetsOf({ deps }: SignedInRequest, ids: readonly number[]): Promise<Target[]> {
  const found = await Promise.allSettled([...new Set(ids)].map((id) => findTarget(deps, id)))
  return found.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
}

async function ask(request: SignedInRequest, input: Chosen): Promise<View> {
  const chosen = await targetsOf(request, input.ids)
  const { bulk: words } = request.texts.admin
  const isOn = input.do === 'activate'
  const count = request.format.number(chosen.length)
  return consoleView(request, {
    title: (isOn ? words.activateTitle : words.deactivateTitle)(chosen.length, count),
    lead: isOn ? words.activateLead : words.deactivateLead,
    main: (
      <section class="panel">
        <ul class="rows">
          {chosen.map(({ fullName: name, email }) => (
            <li>
              <strong>{name}</strong> <span class="meta">{email}</span>
            </li>
          ))}
        </ul>
        <form method="post" action={`${HOME}/bulk`} class="actions">
          {chosen.map(({ id }) => (
            <Hidden name="ids" value={String(id)} />
          ))}
          <Hidden name="do" value={input.do} />
          <Hidden name="is_confirmed" value="true" />
          {!isOn && <Checkbox name="keys" label={request.texts.admin.user.alsoKeys} />}
          <button class={isOn ? 'button primary' : 'button danger solid'}>
            {isOn ? request.texts.admin.users.activate : request.texts.admin.users.deactivate}
          </button>
          <a class="button quiet" href={HOME}>
            {request.texts.layout.cancel}
          </a>
        </form>
      </section>
    ),
  })
}

type RefusedUser = Target & { readonly error: DomainError }

async function perform(request: SignedInRequest, input: Chosen) {
  const verb = input.do === 'activate' ? activateUser : deactivateUser
  const chosen = await targetsOf(request, input.ids)
  const refused: RefusedUser[] = []
  for (const each of chosen) {
    try {
      await verb(request.deps, request.visitor.principal, each.id, input)
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      refused.push({ ...each, error })
    }
  }
  const count = request.format.number(chosen.length - refused.length)
  const last = refused.at(-1)?.error
  if (!last) {
    const flash = input.do === 'activate' ? 'users_activated' : 'users_deactivated'
    return done(HOME, flash, count)
  }
  const { bulk: words } = request.texts.admin
  return consoleView(request, {
    title: words.partTitle,
    status: STATUS_OF[last.kind],
    headers: retryAfterHeader(last),
    main: (
      <section class="panel">
        <Alert text={words.part(count, request.format.number(chosen.length))} />
        <Refused refused={refused} />
        <Back />
      </section>
    ),
  })
}

const Refused: FC<{ refused: readonly RefusedUser[] }> = ({ refused }) => (
  <ul class="rows">
    {refused.map(({ id, fullName: name, error }) => (
      <li>
        <a class="grow" href={`/admin/users/${id}`}>
          {name}
        </a>
        <span>{usePage().texts.layout.errors[error.code]}</span>
      </li>
    ))}
  </ul>
)

/** The chosen users as NDJSON, without those deleted meanwhile. Each view is logged. */
async function exportChosen({ deps, visitor }: SignedInRequest, ids: readonly number[]) {
  const lines: string[] = []
  for (const id of ids) {
    try {
      lines.push(`${JSON.stringify(await getListedUser(deps, visitor.principal, id))}\n`)
    } catch (error) {
      if (!(error instanceof DomainError && error.code === 'not_found')) throw error
    }
  }
  return download(lines.join(''), 'users.ndjson', 'application/x-ndjson')
}
