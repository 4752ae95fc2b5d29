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
import { Field, Form, FormAlert, Hidden, Submit } from '../components/form'
import { EMPTY_FORM, type FormState } from '../runtime/form-state'
import { Icon } from '../components/icons'
import { Panel } from '../components/layout'
import { page, type View } from '../runtime/page'
import { consoleView, done, staffForm, type StaffRequest, SYSTEM } from './shell'

const HOME = '/admin/roles'
const descriptionField = z.string().max(500).default('')

async function showRoles(request: StaffRequest, form: FormState): Promise<View> {
  const { deps } = request
  const [roles, permissions] = await Promise.all([listRoles(deps), listPermissions(deps)])
  const { roles: words } = request.texts.admin
  return consoleView(request, {
    styles: ['tables', 'roles'],
    title: words.title,
    hidesTitle: true,
    main: (
      <>
        <div class="spread page-title">
          <div>
            <h1>{words.title}</h1>
            <p class="lead">{words.lead}</p>
          </div>
          <a class="button primary" href={`${HOME}/new`}>
            {words.create}
          </a>
        </div>
        <section class="panel">
          <Grid request={request} roles={roles} permissions={permissions} />
        </section>
        <Permissions request={request} permissions={permissions} form={form} />
      </>
    ),
  })
}

export const roles = page({
  path: HOME,
  access: SYSTEM,
  show: (request) => showRoles(request, EMPTY_FORM),
})

interface GridProps {
  request: StaffRequest
  roles: readonly RoleView[]
  permissions: readonly PermissionView[]
}

const Grid: FC<GridProps> = ({ request, roles: all, permissions }) => {
  const { roles: words, ...texts } = request.texts.admin
  return (
    <div class="table-wrap" tabindex={0} role="region" aria-label={words.title}>
      <table class="grid-table">
        <thead>
          <tr>
            <th scope="col">{words.role}</th>
            {permissions.map(({ name, description }) => (
              <th scope="col" class="mono" title={description}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {all.map((role) => (
            <tr>
              <th scope="row">
                <a href={`${HOME}/edit/${role.name}`}>{role.name}</a>{' '}
                {role.built_in && <span class="badge">{words.builtIn}</span>}
                <span class="meta">{role.name === ADMIN_ROLE ? words.all : role.description}</span>
              </th>
              {permissions.map(({ name }) => {
                const isPermitted = role.permissions.includes(name)
                return (
                  <td class={isPermitted ? 'mark-cell is-on' : 'mark-cell'}>
                    {isPermitted ? (
                      <Icon name="check" size={18} />
                    ) : (
                      <span aria-hidden="true">·</span>
                    )}
                    <span class="hidden">{isPermitted ? texts.yes : texts.no}</span>
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const Permissions: FC<Omit<GridProps, 'roles'> & { form: FormState }> = (props) => {
  const { request, permissions, form } = props
  const { texts } = request
  const { roles: words } = request.texts.admin
  // A refused deletion has no field of this form.
  const isForForm = form.issues.length > 0 || form.error?.code === 'name_taken'
  const own = isForForm ? form : EMPTY_FORM
  return (
    <Panel title={words.permissions} lead={words.permissionsLead} id="permissions">
      {!isForForm && <FormAlert texts={texts} form={form} />}
      <ul class="rows tight">
        {permissions.map((each) => (
          <li>
            <span class="grow">
              <span class="mono">{each.name}</span>{' '}
              {each.built_in && <span class="badge">{words.builtIn}</span>}
              <span class="meta block">{each.description}</span>
            </span>
            {!each.built_in && (
              <form method="post" action={`${HOME}/delete-permission`}>
                <Hidden name="name" value={each.name} />
                <button class="button quiet small" aria-label={words.removePermission(each.name)}>
                  {words.delete}
                </button>
              </form>
            )}
          </li>
        ))}
      </ul>
      <details class="ask" open={isForForm}>
        <summary class="button quiet small">{words.newPermission}</summary>
        <Form texts={texts} form={own} action={`${HOME}/add-permission`} class="form ask-body">
          <Field
            texts={texts}
            form={own}
            name="name"
            label={words.name}
            hint={words.permissionHint}
            maxlength={100}
          />
          <Field
            texts={texts}
            form={own}
            name="description"
            label={words.description}
            maxlength={500}
            isOptional
          />
          <div class="actions">
            <Submit>{words.submitPermission}</Submit>
          </div>
        </Form>
      </details>
    </Panel>
  )
}

const shared = { access: SYSTEM, home: () => HOME, show: showRoles } as const

const addPermission = staffForm({
  ...shared,
  path: '/admin/roles/add-permission',
  fields: z.strictObject({ name: permissionNameField, description: descriptionField }),
  submit: async ({ deps, visitor }, { name, description }) => {
    await createPermission(deps, visitor.principal, name, description)
    return done(HOME, 'permission_created', name)
  },
})

const removePermission = staffForm({
  ...shared,
  path: '/admin/roles/delete-permission',
  fields: z.strictObject({ name: z.string().min(1).max(100) }),
  submit: async ({ deps, visitor }, { name }) => {
    await deletePermission(deps, visitor.principal, name)
    return done(HOME, 'permission_deleted', name)
  },
})

export const permissionPages = [addPermission, removePermission]
