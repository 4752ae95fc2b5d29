/** Roles against permissions as a grid, and the permissions that applications may ask for. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import {
  createPermission,
  deletePermission,
  permissionNameField,
} from '../../rbac/define-permission'
import {
  listPermissions,
  listRoles,
  type PermissionView,
  type RoleView,
} from '../../rbac/list-roles'
import { ADMIN_ROLE } from '../../rbac/permissions'
import { type Column, DataTable } from '../components/data-table'
import { Field } from '../components/fields'
import { ButtonForm, Form, FormAlert } from '../components/form'
import { Icon } from '../components/icons'
import { Panel } from '../components/layout'
import { StepUpFields } from '../components/step-up'
import { formPage } from '../runtime/form-page'
import { page, type SignedInRequest, type View } from '../runtime/page'
import { useConsoleTexts, useRefusedForm } from '../runtime/page-context'
import { confirmIdentity, proofFields } from '../runtime/proof-fields'
import { consoleView, done, SYSTEM } from './console'

const HOME = '/admin/roles'
const descriptionField = z.string().max(500).default('')

async function showRoles(request: SignedInRequest): Promise<View> {
  const { deps } = request
  const [roles, permissions] = await Promise.all([listRoles(deps), listPermissions(deps)])
  const { roles: words } = request.texts.admin
  return consoleView(request, {
    styles: ['tables', 'roles'],
    title: words.title,
    lead: words.lead,
    titleLink: { href: `${HOME}/new`, label: words.create },
    main: (
      <>
        <section class="panel">
          <Grid roles={roles} permissions={permissions} />
        </section>
        <Permissions permissions={permissions} />
      </>
    ),
  })
}

export const roles = page({ path: HOME, access: SYSTEM, show: showRoles })

interface GridProps {
  roles: readonly RoleView[]
  permissions: readonly PermissionView[]
}

const Grid: FC<GridProps> = ({ roles: all, permissions }) => {
  const { roles: words } = useConsoleTexts()
  const columns: Column<RoleView>[] = [
    {
      label: words.role,
      isRowHeading: true,
      cell: (role) => (
        <>
          <a href={`${HOME}/edit/${role.name}`}>{role.name}</a>{' '}
          {role.built_in && <span class="badge">{words.builtIn}</span>}
          <span class="meta">{role.name === ADMIN_ROLE ? words.all : role.description}</span>
        </>
      ),
    },
    ...permissions.map(({ name, description }) => ({
      label: name,
      headClass: 'mono',
      title: description,
      class: (role: RoleView) =>
        role.permissions.includes(name) ? 'mark-cell is-on' : 'mark-cell',
      cell: (role: RoleView) => <Mark isOn={role.permissions.includes(name)} />,
    })),
  ]
  return (
    <div class="table-wrap" tabindex={0} role="region" aria-label={words.title}>
      <DataTable class="grid-table" columns={columns} rows={all} />
    </div>
  )
}

const Mark: FC<{ isOn: boolean }> = ({ isOn }) => {
  const { yes, no } = useConsoleTexts()
  return (
    <>
      {isOn ? <Icon name="check" size={18} /> : <span aria-hidden="true">·</span>}
      <span class="hidden">{isOn ? yes : no}</span>
    </>
  )
}

const ADD = '/admin/roles/add-permission'
const DELETE = '/admin/roles/delete-permission'

const Permissions: FC<Pick<GridProps, 'permissions'>> = ({ permissions }) => {
  const { roles: words } = useConsoleTexts()
  const isAdding = useRefusedForm().postedTo === ADD
  return (
    <Panel title={words.permissions} lead={words.permissionsLead} id="permissions">
      {!isAdding && <FormAlert />}
      <ul class="rows tight">
        {permissions.map(({ name, description, built_in: isBuiltIn }) => (
          <li>
            <span class="grow">
              <span class="mono">{name}</span>{' '}
              {isBuiltIn && <span class="badge">{words.builtIn}</span>}
              <span class="meta block">{description}</span>
            </span>
            {!isBuiltIn && (
              <ButtonForm action={DELETE} label={words.removePermission(name)} fields={{ name }}>
                {words.delete}
              </ButtonForm>
            )}
          </li>
        ))}
      </ul>
      <details class="ask" open={isAdding}>
        <summary class="button quiet small">{words.newPermission}</summary>
        <Form action={ADD} class="form ask-body" submit={words.submitPermission}>
          <Field name="name" label={words.name} hint={words.permissionHint} maxlength={100} />
          <Field name="description" label={words.description} maxlength={500} isOptional />
          <StepUpFields />
        </Form>
      </details>
    </Panel>
  )
}

const shared = { access: SYSTEM, home: HOME, show: showRoles } as const

const addPermission = formPage({
  ...shared,
  path: ADD,
  fields: () =>
    z.strictObject({ name: permissionNameField, description: descriptionField, ...proofFields }),
  submit: async (request, { name, description, ...posted }) => {
    const { deps, visitor } = request
    await confirmIdentity(request, posted)
    await createPermission(deps, visitor.principal, name, description)
    return done(HOME, 'permission_created', name)
  },
})

const removePermission = formPage({
  ...shared,
  path: DELETE,
  fields: () => z.strictObject({ name: z.string().min(1).max(100), ...proofFields }),
  asksOnPage: true,
  submit: async (request, { name, ...posted }) => {
    const { deps, visitor } = request
    await confirmIdentity(request, posted)
    await deletePermission(deps, visitor.principal, name)
    return done(HOME, 'permission_deleted', name)
  },
})

export const permissionPages = [addPermission, removePermission]
