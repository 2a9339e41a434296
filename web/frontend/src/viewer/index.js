// Draws a procedure where the page says <div data-diagram="/path/to.xml">, and marks on it what the case has done.
//
//   data-diagram   where to fetch the BPMN text
//   data-done      ids of the elements that are finished, separated by commas
//   data-active    ids of the elements that are being worked on
//   data-overdue   ids of the elements whose time limit has passed
//
// Without script the page still tells everything in its text stepper; this drawing only adds the picture.

import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import './viewer.css';

// Weakest first: an element named under several states shows the last one that names it.
const STATES = [
  { name: 'done', shape: '✓', words: '已办' },
  { name: 'active', shape: '●', words: '当前环节' },
  { name: 'overdue', shape: '▲', words: '逾期' },
];

// Drawn on white paper in the dark scheme too: the drawing is evidence, and bpmn.io's mark must stay visible.
const COLOURS = { defaultFillColor: '#ffffff', defaultStrokeColor: '#39465a', defaultLabelColor: '#16202e' };

const READABLE = 0.75; // below this scale the labels are too small to read: start at the current step instead
const STEP = 1.25;
const ACTIVITY = /Task$|Activity$|SubProcess$/;

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function statesOf(host) {
  const states = new Map();
  for (const state of STATES) {
    for (const id of (host.dataset[state.name] ?? '').split(',')) {
      if (id.trim()) states.set(id.trim(), state);
    }
  }
  return states;
}

function mark(viewer, states) {
  const canvas = viewer.get('canvas');
  const overlays = viewer.get('overlays');
  const registry = viewer.get('elementRegistry');
  for (const [id, state] of states) {
    const shape = registry.get(id);
    if (!shape) continue;
    canvas.addMarker(shape, `is-${state.name}`);
    // Events and gateways tell by colour and line alone: a badge would cover their sign and their question.
    if (shape.waypoints || !ACTIVITY.test(shape.type)) continue;
    const brief = state.name === 'done';
    overlays.add(shape, {
      position: { top: -14, left: brief ? -8 : shape.width / 2 },
      html: element('span', {
        className: `diagram-badge diagram-badge-${state.name}`,
        textContent: brief ? state.shape : `${state.shape} ${state.words}`,
        title: state.words,
      }),
      scale: { min: 0.8, max: 1.2 },
    });
  }
}

function current(viewer, states) {
  const registry = viewer.get('elementRegistry');
  const working = [...states].filter(([, state]) => state.name !== 'done').map(([id]) => registry.get(id));
  return working.find((shape) => shape && !shape.waypoints);
}

function centre(viewer, shape) {
  const canvas = viewer.get('canvas');
  canvas.zoom(1);
  const { width, height } = canvas.viewbox().outer;
  canvas.viewbox({
    x: shape.x + shape.width / 2 - width / 2,
    y: shape.y + shape.height / 2 - height / 2,
    width,
    height,
  });
}

function toolbar(viewer, shape) {
  const canvas = viewer.get('canvas');
  const fit = () => canvas.zoom('fit-viewport', 'auto');
  const acts = [
    ['放大', () => canvas.zoom(Math.min(canvas.zoom() * STEP, 4))],
    ['缩小', () => canvas.zoom(Math.max(canvas.zoom() / STEP, 0.2))],
    ['显示全图', fit],
  ];
  if (shape) acts.push(['回到当前环节', () => centre(viewer, shape)]);
  const buttons = acts.map(([label, onclick]) =>
    element('button', { type: 'button', className: 'button button-secondary button-small', textContent: label, onclick }),
  );
  const bar = element('div', { className: 'diagram-toolbar' }, ...buttons);
  bar.setAttribute('role', 'group');
  bar.setAttribute('aria-label', '流程图缩放');
  return bar;
}

async function draw(host) {
  const paper = element('div', { className: 'diagram-paper' });
  host.replaceChildren(paper);
  try {
    const answer = await fetch(host.dataset.diagram, { credentials: 'same-origin' });
    if (!answer.ok) throw new Error(`${answer.status}`);
    // The wheel keeps scrolling the page; the drawing moves by dragging, by the arrow keys with Ctrl, and by its buttons.
    const viewer = new NavigatedViewer({ container: paper, bpmnRenderer: COLOURS, zoomScroll: { enabled: false } });
    await viewer.importXML(await answer.text());
    const states = statesOf(host);
    const shape = current(viewer, states);
    mark(viewer, states);
    host.prepend(toolbar(viewer, shape));
    const drawing = paper.querySelector('svg');
    drawing.setAttribute('role', 'group');
    drawing.setAttribute('aria-label', host.dataset.label ?? '流程图：文字版见办理进度');
    paper.querySelector('.bjs-powered-by')?.setAttribute('aria-label', 'bpmn.io（流程图绘制组件）');
    viewer.get('canvas').zoom('fit-viewport', 'auto');
    if (shape && viewer.get('canvas').zoom() < READABLE) centre(viewer, shape);
    host.dataset.state = 'drawn';
  } catch (fault) {
    console.error('diagram', fault);
    host.replaceChildren(
      element('p', { className: 'notice notice-warning', textContent: '流程图暂时无法显示，请查看上方的文字进度。' }),
    );
    host.dataset.state = 'failed';
  }
}

for (const host of document.querySelectorAll('[data-diagram]')) draw(host);
