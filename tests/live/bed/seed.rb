# Fills a configured database with a PMO's world: portfolio > programme > project, 30 projects, about 2,030 issues.
# People, projects and fields go through Redmine's models; issues, values and journals in bulk.
# Nearly everything meets its standards; the departures are planted, and named where they are planted.
# Dates hang on SEED_TODAY, choices on a fixed random seed: the same database every time.

TODAY = Date.parse(ENV.fetch('SEED_TODAY'))
RANDOM = Random.new(20_261_123)
ActiveRecord::Base.logger = nil

def one_of(list)
  list[RANDOM.rand(list.size)]
end

def at(day, hour)
  Time.local(day.year, day.month, day.day, hour, RANDOM.rand(60), RANDOM.rand(60))
end

# --- people ------------------------------------------------------------------------------------------------------

NAMES = %w[ann ben cleo dev eva finn gita hugo iris jon kim lena].freeze
PEOPLE = NAMES.map do |name|
  user = User.new(:firstname => name.capitalize, :lastname => 'Person', :mail => "#{name}@example.net", :mail_notification => 'none')
  user.login = name
  user.password = user.password_confirmation = "secret of #{name}"
  user.save!
  user
end
MANAGER = Role.find_by_name('Manager')
DEVELOPER = Role.find_by_name('Developer')
ROBOTS = {'pmo-bot' => 'PMO bot', 'pmo-reader' => 'PMO reader', 'pmo-editor' => 'PMO editor'}
         .to_h { |login, role| [User.find_by_login(login), Role.find_by_name(role)] }

# --- trackers and fields -------------------------------------------------------------------------------------------

STATUS = IssueStatus.all.index_by(&:name)
FIRST = Tracker.sorted.first
TRACKERS = ['Epic', 'Story', 'Task', 'Risk', 'Change request', 'Milestone'].to_h do |name|
  tracker = Tracker.create!(:name => name, :default_status => STATUS['New'])
  WorkflowRule.copy(FIRST, nil, [tracker], Role.givable.to_a)
  [name, tracker]
end

FLAGS = %w[
  ageing dates-reversed fields-missing no-dates no-description no-estimate no-owner orphan overdue owner-left
  parent-disagrees stale due-pushed gate-conditions out-of-order self-approved waiver-expired
  issue-old risk-happened risk-no-response risk-not-escalated risk-not-reviewed risk-not-scored
  action ask-me
].freeze
COLOURS = ['Green', 'Amber/Green', 'Amber', 'Amber/Red', 'Red', 'Grey'].freeze

def field(kind, name, format, trackers: nil, **rest)
  made = kind.new({:name => name, :field_format => format, :is_filter => true}.merge(rest))
  if kind == IssueCustomField
    made.is_for_all = true
    made.trackers = TRACKERS.values_at(*(trackers || TRACKERS.keys))
  end
  made.save!
  made
end

OURS = field(IssueCustomField, 'PMO compliance', 'list', :possible_values => FLAGS, :multiple => true)
COLOUR = field(IssueCustomField, 'RAG', 'list', :possible_values => %w[Green Amber Red])
NOTE = field(IssueCustomField, 'Remarks', 'text')
BUDGET = field(IssueCustomField, 'Budget', 'float', :trackers => ['Epic', 'Change request'])
COST = field(IssueCustomField, 'Actual cost', 'float', :trackers => ['Epic', 'Change request'])
SPONSOR = field(IssueCustomField, 'Sponsor', 'user', :trackers => ['Epic'])
LIKELIHOOD = field(IssueCustomField, 'Likelihood', 'list', :possible_values => %w[Low Medium High], :trackers => ['Risk'])
IMPACT = field(IssueCustomField, 'Impact', 'int', :trackers => ['Risk'])
RESPONSE = field(IssueCustomField, 'Response', 'list', :possible_values => %w[Avoid Reduce Transfer Accept], :trackers => ['Risk'])
RESPONSE_DUE = field(IssueCustomField, 'Response due', 'date', :trackers => ['Risk'])
ACCEPTOR = field(IssueCustomField, 'Acceptor', 'user', :trackers => ['Risk'])
HEALTH = field(ProjectCustomField, 'PMO health', 'list', :possible_values => COLOURS)
PROGRESS = field(ProjectCustomField, 'PMO progress', 'float')
field(ProjectCustomField, 'PMO risks', 'int')
LEAD = field(ProjectCustomField, 'Project sponsor', 'user')
MONEY = field(ProjectCustomField, 'Project budget', 'float')

# --- the tree of projects ------------------------------------------------------------------------------------------

def project(name, identifier, parent)
  made = Project.new(:name => name, :identifier => identifier, :is_public => false, :description => "About #{name}.")
  made.enabled_module_names = %w[issue_tracking time_tracking wiki]
  made.trackers = TRACKERS.values
  made.issue_custom_fields = []
  made.save!
  made.set_parent!(parent) if parent
  PEOPLE.each_with_index { |user, i| Member.create!(:project => made, :principal => user, :roles => [i.zero? ? MANAGER : DEVELOPER]) }
  ROBOTS.each { |user, role| Member.create!(:project => made, :principal => user, :roles => [role]) }
  {LEAD => one_of(PEOPLE).id, MONEY => 10_000 * (1 + RANDOM.rand(50))}.each do |custom, value|
    CustomValue.where(:customized => made, :custom_field_id => custom.id).delete_all
    CustomValue.create!(:customized => made, :custom_field => custom, :value => value.to_s)
  end
  made
end

TREE = {'Retail' => %w[Payments Onboarding Data], 'Plant' => %w[Core Safety Energy]}.freeze
programmes = []
projects = []
TREE.each do |portfolio, names|
  root = project(portfolio, portfolio.downcase, nil)
  names.each do |name|
    programmes << (programme = project(name, name.downcase, root))
    %w[A B C D E].each { |letter| projects << project("#{name} #{letter}", "#{name}-#{letter}".downcase, programme) }
  end
end
payments = programmes.first
closed = project('Payments closed', 'payments-closed', payments)
archived = project('Payments archived', 'payments-archived', payments)
hidden = project('Payments hidden', 'payments-hidden', payments)
open_to_all = project('Open to all', 'open-to-all', nil)
open_to_all.update_column(:is_public, true)
Member.where(:project_id => [hidden.id, open_to_all.id], :user_id => ROBOTS.keys.map(&:id)).each(&:destroy)

# --- issues: rows first, one insert at the end ---------------------------------------------------------------------

ROWS = []
VALUES = []
JOURNALS = []
DETAILS = []
PRIORITY = IssuePriority.active.sorted.to_a
NORMAL = IssuePriority.default

def put(row, custom, value)
  VALUES << {:customized_type => 'Issue', :customized_id => row[:id], :custom_field_id => custom.id, :value => value.to_s}
end

# One issue. `state` is the name of a status, `from` and `to` are days from TODAY.
def issue(project, tracker, title, state, from, to, parent: nil, owner: one_of(PEOPLE))
  id = ROWS.size + 1
  status = STATUS[state]
  began = at(TODAY - 120 - RANDOM.rand(30), 8)
  moved = at(TODAY - 1 - RANDOM.rand(6), 9)
  # Each history is a request of its own: every eighth issue has one, the others stand as they were imported.
  edited = state != 'New' && (id % 8).zero?
  moved = began unless edited
  row = {
    :id => id, :project_id => project.id, :tracker_id => TRACKERS[tracker].id, :subject => title,
    :description => "What #{title} is for, who asked for it, and how we shall know that it is done.",
    :status_id => status.id, :priority_id => one_of(PRIORITY).id, :author_id => one_of(PEOPLE).id, :assigned_to_id => owner&.id,
    :start_date => from && TODAY + from, :due_date => to && TODAY + to,
    :done_ratio => {'New' => 0, 'Closed' => 100, 'Rejected' => 0}.fetch(state) { 10 * (1 + RANDOM.rand(8)) },
    :estimated_hours => nil, :parent_id => parent && parent[:id], :root_id => parent ? parent[:root_id] : id, :lft => 1, :rgt => 2,
    :lock_version => 0, :is_private => false, :created_on => began, :updated_on => moved, :closed_on => status.is_closed ? moved : nil
  }
  ROWS << row
  notes = state != 'New' && RANDOM.rand < 0.3 ? 'We moved on.' : ''
  journal(row, state, moved, notes) if edited
  put(row, COLOUR, one_of(%w[Green Green Amber Red])) if RANDOM.rand < 0.5
  put(row, NOTE, "A remark on #{title}") if RANDOM.rand < 0.2
  row
end

def journal(row, state, moved, notes)
  id = JOURNALS.size + 1
  JOURNALS << {:id => id, :journalized_type => 'Issue', :journalized_id => row[:id], :user_id => row[:author_id],
               :notes => notes, :created_on => moved, :private_notes => false}
  DETAILS << {:journal_id => id, :property => 'attr', :prop_key => 'status_id',
              :old_value => STATUS['New'].id.to_s, :value => STATUS[state].id.to_s}
end

# What Redmine itself derives for a parent, so that a later save of a child changes nothing there.
def derive(parent, children)
  finished = ->(row) { [STATUS['Closed'].id, STATUS['Rejected'].id].include?(row[:status_id]) }
  live = children.reject(&finished)
  parent[:priority_id] = live.any? ? PRIORITY.select { |p| live.any? { |row| row[:priority_id] == p.id } }.max_by(&:position).id : NORMAL.id
  dates = [children.filter_map { |row| row[:start_date] }.min, children.filter_map { |row| row[:due_date] }.max]
  parent[:start_date], parent[:due_date] = dates.all? ? dates.sort : dates
  hours = children.map { |row| row[:hours] || row[:estimated_hours] || 0.0 }
  known = hours.select(&:positive?)
  average = known.any? ? Rational(known.sum.to_s) / known.size : Rational(1)
  done = children.zip(hours).sum do |row, h|
    (h.positive? ? Rational(h.to_s) : average) * (finished[row] ? 100 : row[:done_ratio])
  end
  parent[:done_ratio] = (done / (average * children.size)).floor
  parent[:hours] = hours.sum
  states = children.map { |row| row[:status_id] }.uniq
  name = if live.empty? then 'Closed'
         elsif states == [STATUS['New'].id] then 'New'
         else 'In Progress'
         end
  parent[:status_id] = STATUS[name].id
  parent[:closed_on] = name == 'Closed' ? parent[:updated_on] : nil
end

# status and days of the four tasks of the two stories of each of five epics
PLAN = [
  [[['Closed', -90, -70], ['Closed', -80, -60], ['Closed', -75, -50], ['Rejected', -75, -55]], [['Closed', -70, -40]] * 4],
  [[['Closed', -60, -30]] * 4, [['Closed', -40, -20], ['Closed', -35, -15], ['In Progress', -20, 12], ['In Progress', -18, 15]]],
  [[['In Progress', -10, 14], ['In Progress', -9, 16], ['Feedback', -8, 20], ['New', 5, 25]],
   [['In Progress', -5, 18], ['Resolved', -4, 9], ['New', 10, 30], ['In Progress', -12, 0]]],
  [[['New', 20, 40], ['New', 25, 45], ['New', 30, 50], ['New', 3, 8]], [['New', 30, 60]] * 4],
  [[['New', nil, nil]] * 4, [['New', nil, nil]] * 4]
].freeze

def tree_of(project, overrides)
  PLAN.each_with_index do |stories, e|
    epic = issue(project, 'Epic', "#{project.name} epic #{e}", 'New', nil, nil)
    edge = 1
    parts = stories.each_with_index.map do |tasks, s|
      story = issue(project, 'Story', "#{project.name} story #{e}.#{s}", 'New', nil, nil, :parent => epic)
      story[:lft] = (edge += 1)
      leaves = tasks.each_with_index.map do |(state, from, to), t|
        task = issue(project, 'Task', "#{project.name} task #{e}.#{s}.#{t}", state, from, to, :parent => story)
        task[:estimated_hours] = 4.0 * (1 + RANDOM.rand(10)) unless RANDOM.rand < 0.1
        task[:lft] = (edge += 1)
        task[:rgt] = (edge += 1)
        task.merge!(overrides[[e, s, t]] || {})
      end
      story[:rgt] = (edge += 1)
      derive(story, leaves)
      story
    end
    epic[:rgt] = edge + 1
    derive(epic, parts)
    budget = 1000.0 * (5 + RANDOM.rand(100))
    put(epic, BUDGET, budget)
    put(epic, COST, (budget * RANDOM.rand).round(2))
    put(epic, SPONSOR, one_of(PEOPLE).id)
  end
  ROWS.each { |row| row.delete(:hours) }
end

def register_of(project, number)
  4.times do |k|
    risk = issue(project, 'Risk', "#{project.name} risk #{k}", k == 3 ? 'Closed' : 'In Progress', nil, nil)
    put(risk, LIKELIHOOD, one_of(%w[Low Medium High])) unless k.zero? && number % 6 == 5 # planted: not scored
    put(risk, IMPACT, 1 + RANDOM.rand(5))
    next if k.zero? && number % 6 == 3 # planted: no response

    accepted = k == 1 && [10, 11].include?(number)
    put(risk, RESPONSE, accepted ? 'Accept' : one_of(%w[Avoid Reduce Transfer]))
    put(risk, RESPONSE_DUE, TODAY + 20 + RANDOM.rand(40)) unless accepted
    put(risk, ACCEPTOR, one_of(PEOPLE).id) if accepted && number == 11 # planted in 10: accepted by nobody
  end
  3.times do |k|
    change = issue(project, 'Change request', "#{project.name} change #{k}", %w[Closed In\ Progress New][k], -30 + 20 * k, -10 + 25 * k)
    put(change, BUDGET, 1000 * (1 + RANDOM.rand(20)))
    issue(project, 'Milestone', "#{project.name} milestone #{k}", %w[Closed New New][k], nil, -25 + 40 * k)
  end
end

NOBODY = {:assigned_to_id => nil}.freeze
LATE = {:due_date => TODAY - 3}.freeze
REVERSED = {:start_date => TODAY - 60, :due_date => TODAY - 66}.freeze

def planted(number)
  plants = {}
  plants[[2, 0, 0]] = NOBODY if (number % 3).zero?
  plants[[0, 0, 1]] = REVERSED if number % 7 == 1
  plants[[1, 1, 3]] = LATE if number % 4 == 2
  plants[[2, 1, 0]] = NOBODY.merge(LATE) if [4, 19].include?(number)
  plants[[2, 1, 1]] = LATE if [6, 14].include?(number)
  4.times { |t| plants[[2, 0, t]] = {:start_date => TODAY - 12, :due_date => TODAY - 3} } if number == 12 # the red one
  2.times { |t| plants[[2, 1, t]] = LATE } if number == 12
  plants
end

projects.each_with_index do |project, number|
  tree_of(project, planted(number))
  register_of(project, number)
end
programmes.each { |programme| 8.times { |k| issue(programme, 'Task', "#{programme.name} office #{k}", 'In Progress', -20, 10 + k) } }
[closed, hidden, archived, open_to_all].each do |project|
  8.times { |k| issue(project, 'Task', "#{project.name} task #{k}", 'In Progress', -20, k < 3 ? -5 : 10, :owner => k.even? ? nil : PEOPLE.first) }
end

# values that people typed into fields that are to be ours
titled = ROWS.index_by { |row| row[:subject] }
put(titled['Energy A task 2.1.0'], OURS, 'ask-me')   # nothing is wrong with it
put(titled['Energy C task 2.0.0'], OURS, 'ask-me')   # it has no owner (number 27)
put(titled['Energy B task 1.1.3'], OURS, 'overdue')  # right already (number 26)
[[projects[29], HEALTH, 'Amber/Red']].each do |owner, custom, value|
  CustomValue.where(:customized => owner, :custom_field_id => custom.id).delete_all
  CustomValue.create!(:customized => owner, :custom_field => custom, :value => value)
end

Issue.transaction do
  {Issue => ROWS, CustomValue => VALUES, Journal => JOURNALS, JournalDetail => DETAILS}.each do |model, rows|
    rows.each_slice(400) { |slice| model.insert_all!(slice) }
  end
end
closed.reload.close
archived.reload.archive
raise 'too small a world' if Issue.count < 2000 || Project.count < 30
