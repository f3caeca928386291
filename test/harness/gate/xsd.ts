/**
 * The part of XML Schema 1.0 (https://www.w3.org/TR/xmlschema-1/) that the JUnit schema uses, read from the schema itself. What it does
 * not know is an error, never ignored.
 */
import type { XmlElement } from './xml.js';

interface ElementType {
  /** Attribute → whether it is required, and what of its value is not allowed. */
  readonly attributes: ReadonlyMap<string, { readonly required: boolean; readonly check: ValueCheck }>;
  /** Names of the children, each followed by a space, as a regular expression. */
  readonly children: string;
  readonly childTypes: ReadonlyMap<string, () => ElementType>;
  /** Undefined where no text may stand. */
  readonly text: ValueCheck | undefined;
}

/** @returns why a value is not allowed, or undefined */
type ValueCheck = (value: string) => string | undefined;

/** @returns what of a document with this root breaks the schema */
export function schemaViolations(schema: XmlElement, root: XmlElement): readonly string[] {
  const declared = named(schema, 'xs:element', root.name);
  if (declared === undefined) return [`${root.name} may not be the root`];
  return violationsOf(root, typeOfElement(declared, schema), root.name);
}

function violationsOf(element: XmlElement, type: ElementType, path: string): readonly string[] {
  const complaints: string[] = [];
  for (const [name, { required }] of type.attributes) {
    if (required && !(name in element.attributes)) complaints.push(`${path} has no ${name}`);
  }
  for (const [name, value] of Object.entries(element.attributes)) {
    const attribute = type.attributes.get(name);
    const reason = attribute === undefined ? 'is not allowed' : attribute.check(value);
    if (reason !== undefined) complaints.push(`${path} ${name} ${reason}`);
  }
  const names = element.children.map(({ name }) => `${name} `).join('');
  if (!new RegExp(`^(?:${type.children})$`).test(names)) complaints.push(`${path} holds ${names || 'nothing'}`);
  const reason =
    type.text === undefined ? (element.text.trim() === '' ? undefined : 'holds text') : type.text(element.text);
  if (reason !== undefined) complaints.push(`${path} ${reason}`);
  const below = element.children.flatMap((child, index) => {
    const childType = type.childTypes.get(child.name);
    return childType === undefined ? [] : violationsOf(child, childType(), `${path}/${child.name}[${index}]`);
  });
  return [...complaints, ...below];
}

const parts = ({ children }: XmlElement) => children.filter(({ name }) => name !== 'xs:annotation');
const named = (schema: XmlElement, kind: string, name: string) =>
  schema.children.find((child) => child.name === kind && child.attributes.name === name);

function typeOfElement(element: XmlElement, schema: XmlElement): ElementType {
  const [inline] = parts(element);
  if (inline !== undefined) return typeOf(inline, schema);
  const { type } = element.attributes;
  const complex = type === undefined ? undefined : named(schema, 'xs:complexType', type);
  return complex === undefined ? textType(valueCheck(type ?? 'xs:string', schema)) : typeOf(complex, schema);
}

function textType(text: ValueCheck): ElementType {
  return { attributes: new Map(), children: '', childTypes: new Map(), text };
}

function typeOf(definition: XmlElement, schema: XmlElement): ElementType {
  if (definition.name === 'xs:simpleType') return textType(restrictionCheck(definition, schema));
  if (definition.name !== 'xs:complexType') throw unknown(definition);
  return parts(definition).reduce<ElementType>((type, part) => extended(type, part, schema), {
    attributes: new Map(),
    children: '',
    childTypes: new Map(),
    text: undefined,
  });
}

function extended(type: ElementType, part: XmlElement, schema: XmlElement): ElementType {
  switch (part.name) {
    case 'xs:attribute': {
      const { name, use = 'optional', type: valueType } = part.attributes;
      const [inline] = parts(part);
      const check = inline === undefined ? valueCheck(valueType!, schema) : restrictionCheck(inline, schema);
      return { ...type, attributes: new Map([...type.attributes, [name!, { required: use === 'required', check }]]) };
    }
    case 'xs:sequence':
    case 'xs:choice':
      return {
        ...type,
        children: type.children + particle(part),
        childTypes: new Map([
          ...type.childTypes,
          ...parts(part).map((child) => [child.attributes.name!, () => typeOfElement(child, schema)] as const),
        ]),
      };
    case 'xs:complexContent':
    case 'xs:simpleContent': {
      const [extension] = parts(part);
      if (extension?.name !== 'xs:extension') throw unknown(part);
      const { base } = extension.attributes;
      const complex = named(schema, 'xs:complexType', base!);
      const start = complex === undefined ? textType(valueCheck(base!, schema)) : typeOf(complex, schema);
      return parts(extension).reduce((sum, own) => extended(sum, own, schema), start);
    }
    default:
      throw unknown(part);
  }
}

function particle(part: XmlElement): string {
  const { minOccurs = '1', maxOccurs = '1', name } = part.attributes;
  const times = `{${minOccurs},${maxOccurs === 'unbounded' ? '' : maxOccurs}}`;
  switch (part.name) {
    case 'xs:element':
      return `(?:${name} )${times}`;
    case 'xs:sequence':
      return `(?:${parts(part).map(particle).join('')})${times}`;
    case 'xs:choice':
      return `(?:${parts(part).map(particle).join('|')})${times}`;
    default:
      throw unknown(part);
  }
}

const builtIn: Readonly<Record<string, RegExp>> = {
  'xs:string': /^/,
  // What white space there is, is collapsed before a token is looked at.
  'xs:token': /^/,
  'xs:int': /^\s*[+-]?\d{1,10}\s*$/,
  'xs:decimal': /^\s*[+-]?(?:\d+\.?\d*|\.\d+)\s*$/,
  'xs:dateTime': /^\s*-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?\s*$/,
};

function valueCheck(type: string, schema: XmlElement): ValueCheck {
  const pattern = builtIn[type];
  if (pattern !== undefined)
    return (value) => (pattern.test(value) ? undefined : `is no ${type}: ${value.slice(0, 40)}`);
  const simple = named(schema, 'xs:simpleType', type);
  if (simple === undefined) throw new Error(`the schema has no type ${type}`);
  return restrictionCheck(simple, schema);
}

function restrictionCheck(simpleType: XmlElement, schema: XmlElement): ValueCheck {
  const [restriction] = parts(simpleType);
  if (restriction?.name !== 'xs:restriction') throw unknown(simpleType);
  const { base } = restriction.attributes;
  const collapses = base !== 'xs:string' && builtIn[base!] !== undefined;
  const checks = parts(restriction).map((facet) => facetCheck(facet, collapses));
  return (value) =>
    [valueCheck(base!, schema), ...checks].map((check) => check(value)).find((reason) => reason !== undefined);
}

function facetCheck({ name, attributes }: XmlElement, collapses: boolean): ValueCheck {
  const seen = (value: string) => (collapses ? value.replace(/\s+/g, ' ').trim() : value);
  switch (name) {
    case 'xs:pattern':
      return (value) => (new RegExp(`^(?:${attributes.value})$`, 'u').test(seen(value)) ? undefined : `is ${value}`);
    case 'xs:minLength':
      return (value) => ([...seen(value)].length >= Number(attributes.value) ? undefined : 'is too short');
    case 'xs:whiteSpace':
      return () => undefined;
    default:
      throw new Error(`the facet ${name} is not known to the validator`);
  }
}

function unknown({ name }: XmlElement): Error {
  return new Error(`${name} is not known to the validator here`);
}
