/** The APIs that apps call: list, create, change, rotate, delete. Scopes are typed one a line. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { changeResource, createResource, deleteResource } from '../../apps/define-resource'
import { getResource, listResources, type Resource } from '../../apps/list-resources'
import { identifierIssues } from '../../apps/resource-fields'
import { type Rotated, rotateResourceSecret } from '../../apps/rotate-secret'
import { type Column, DataTable } from '../components/data-table'
import { FactList } from '../components/fact-list'
import { Field } from '../components/fields'
import { Form } from '../components/form'
import { Panel } from '../components/layout'
import { StepUpFields } from '../components/step-up'
import { formPage } from '../runtime/form-page'
import { page, type SignedInRequest, type View } from '../runtime/page'
import { useConsoleTexts, usePage } from '../runtime/page-context'
import { confirmIdentity, proofFields, proofOf } from '../runtime/proof-fields'
import { listView, RESOURCES, secretView } from './app-parts'
import {
  fromScope,
  newResourceOf,
  resourceChangeOf,
  ResourceFields,
  resourceFormFields,
} from './app-resource-fields'
import { Ask, consoleView, done, SYSTEM } from './console'
import { provedButton } from './proved-button'

const NEW = `${RESOURCES}/new` as const
const pathOf = (id: string, name = 'edit') => `${RESOURCES}/${name}/${id}`
const idOf = ({ params }: SignedInRequest): string => params.name

const list = page({
  path: RESOURCES,
  access: SYSTEM,
  show: async (request) => {
    const items = await listResources(request.deps)
    return listView(request, 'resources', { items, table: <Table items={items} />, createAt: NEW })
  },
})

const Table: FC<{ items: readonly Resource[] }> = ({ items }) => {
  const { resources: words } = useConsoleTexts()
  const columns: Column<Resource>[] = [
    {
      label: words.api,
      class: 'who',
      isUnlabelled: true,
      cell: (item) => (
        <>
          <a href={pathOf(item.id)}>{item.name}</a>
          <span class="meta mono">{item.identifier}</span>
        </>
      ),
    },
    {
      label: words.scopes,
      class: 'mono small-text',
      cell: ({ scopes }) =>
        scopes.length === 0 ? '–' : scopes.map(({ name }) => <span class="block">{name}</span>),
    },
    { label: words.minutes, cell: ({ token_ttl_seconds: ttl }) => String(ttl / 60) },
  ]
  return <DataTable class="stack" columns={columns} rows={items} />
}

const create = formPage({
  path: NEW,
  access: SYSTEM,
  fields: () =>
    z.strictObject({
      identifier: z.string().max(600).default(''),
      ...resourceFormFields(),
      ...proofFields,
    }),
  refine: ({ config }, { identifier }) => identifierIssues(config, identifier),
  show: (request) => {
    const { resources: words } = request.texts.admin
    return consoleView(request, {
      title: words.create,
      lead: words.lead,
      main: (
        <section class="panel narrow">
          <Form
            action={NEW}
            values={{ minutes: '10' }}
            submit={words.submitNew}
            cancel={{ href: RESOURCES }}
          >
            <Field
              name="identifier"
              label={words.identifier}
              hint={words.identifierHint}
              maxlength={500}
              isFirst
            />
            <ResourceFields />
            <StepUpFields />
          </Form>
        </section>
      ),
    })
  },
  submit: async (request, { identifier, ...posted }) => {
    const { deps, visitor } = request
    const given = newResourceOf(identifier, posted)
    const { id, secret } = await createResource(deps, visitor.principal, given, proofOf(posted))
    return showSecret(request, { id, secret, title: given.name, previousUntil: null })
  },
})

const showSecret = (
  request: SignedInRequest,
  shown: Rotated & { readonly id: string; readonly title: string },
): View =>
  secretView(request, {
    ...shown,
    idLabel: request.texts.admin.resources.id,
    home: pathOf(shown.id),
  })

async function showResource(request: SignedInRequest): Promise<View> {
  const resource = await getResource(request.deps, idOf(request))
  return consoleView(request, {
    title: resource.name,
    lead: <span class="mono">{resource.identifier}</span>,
    main: <OneResource resource={resource} />,
  })
}

const OneResource: FC<{ resource: Resource }> = ({ resource }) => {
  const { texts, format } = usePage()
  const { resources: words, apps } = texts.admin
  const { id, previous_secret_until: until } = resource
  const values = {
    name: resource.name,
    minutes: String(resource.token_ttl_seconds / 60),
    scopes: resource.scopes.map(fromScope).join('\n'),
    open_to_metadata_apps: String(resource.open_to_metadata_apps),
  }
  return (
    <>
      <section class="panel">
        <FactList
          facts={[
            [words.id, <span class="mono">{id}</span>],
            [words.identifier, <span class="mono">{resource.identifier}</span>],
            [apps.previousSecret, until !== null && apps.overlap(format.exact(until))],
          ]}
        />
      </section>
      <Panel title={words.edit}>
        <Form
          action={pathOf(id)}
          values={values}
          submit={texts.layout.save}
          cancel={{ href: RESOURCES }}
        >
          <ResourceFields />
          <StepUpFields />
        </Form>
      </Panel>
      <Panel title={apps.actions}>
        <div class="actions">
          <Ask label={apps.rotate} explain={apps.rotateLead} action={pathOf(id, 'rotate-secret')} />
          <Ask
            label={words.remove}
            explain={words.removeLead}
            action={pathOf(id, 'delete')}
            isDanger
          />
        </div>
      </Panel>
    </>
  )
}

const home = (request: SignedInRequest): string => pathOf(idOf(request))

const edit = formPage({
  path: `${RESOURCES}/edit/:name`,
  access: SYSTEM,
  show: showResource,
  fields: () => z.strictObject({ ...resourceFormFields(), ...proofFields }),
  submit: async (request, posted) => {
    const { deps, visitor } = request
    const change = resourceChangeOf(posted)
    await changeResource(deps, visitor.principal, idOf(request), change, proofOf(posted))
    return done(home(request), 'resource_saved', change.name)
  },
})

const rotate = provedButton({
  path: `${RESOURCES}/rotate-secret/:name`,
  home,
  show: showResource,
  submit: async (request, posted) => {
    const { deps, visitor, texts } = request
    const id = idOf(request)
    const how = { proof: proofOf(posted), keepsPrevious: true }
    const rotated = await rotateResourceSecret(deps, visitor.principal, id, how)
    return showSecret(request, { id, title: texts.admin.apps.rotated, ...rotated })
  },
})

const remove = provedButton({
  path: `${RESOURCES}/delete/:name`,
  home,
  show: showResource,
  submit: async (request, posted) => {
    await confirmIdentity(request, posted)
    await deleteResource(request.deps, request.visitor.principal, idOf(request))
    return done(RESOURCES, 'resource_deleted')
  },
})

export const resourcePages = [list, create, edit, rotate, remove]
