import { defineResource, defineType, type TypeDefinition } from './type-definition.ts';

/** Types that belong to no other group. */
export const objectTypes: readonly TypeDefinition[] = [
  defineResource({
    id: 'genericObject',
    methods: 'crud',
    columns: 'key',
    actions: { remove: { output: 'genericObject' } },
    fields: `
      name          string     c maxLength=255
      key           string     c maxLength=255
      kind          string     c maxLength=255
      resourceData  map[json]  cu
    `,
  }),
  defineResource({
    id: 'pullTask',
    base: 'genericObject',
    methods: 'cr',
    actions: { remove: { output: 'genericObject' } },
    fields: `
      image   string       c required
      labels  map[string]  c
      mode    enum         c required default="all" options=all,cached
      status  map[string]  r
    `,
  }),
  defineType({
    id: 'subscribe',
    plural: 'subscribe',
    methods: 'cr',
    columns: 'eventNames',
    fields: `
      agentId     string         c
      eventNames  array[string]  c
    `,
  }),
  defineType({
    id: 'schema',
    methods: 'r',
    fields: `
      collectionActions,collectionFields,collectionFilters,resourceActions,resourceFields  map[json]  r
      collectionMethods,includeableLinks,resourceMethods  array[string]  r
      pluralName  string  r
    `,
  }),
  defineType({
    id: 'error',
    methods: '',
    fields: `
      code,detail,fieldName,message  string  r
      status                         int     r
    `,
  }),
];
